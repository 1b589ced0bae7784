#include <algorithm>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "core/config/option_table.hpp"
#include "core/config/options.hpp"
#include "support/command_line.hpp"

using namespace vela;
using namespace vela::config;
using test::has;

namespace {

const char* no_variable(const char* /*name*/) { return nullptr; }

std::string help(std::string_view command, std::string flag) {
  std::vector<std::string> arguments;
  if (!command.empty()) arguments.emplace_back(command);
  arguments.push_back(std::move(flag));
  return std::get<Talk>(parse_command_line(arguments, &no_variable).value()).text;
}

}  // namespace

TEST_CASE("a help fits a screen of 24 lines of 80 columns, its prompt included") {
  std::vector<std::string_view> commands{""};
  for (const CommandRow& row : command_table()) commands.push_back(row.name);
  for (const std::string_view command : commands) {
    CAPTURE(command);
    std::istringstream text(help(command, "--help"));
    std::size_t lines = 0;
    for (std::string line; std::getline(text, line); ++lines) {
      CAPTURE(line);
      CHECK(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }) <=
            80);
    }
    CHECK(lines <= 23);
  }
}

TEST_CASE("help of a command may be asked for either way round") {
  CHECK(help("help", "serve") == help("serve", "--help"));
  CHECK(help("--help", "tail") == help("tail", "--help"));
  CHECK(
      has(parse_command_line({"help", "serv"}, &no_variable).error().text(), "did you mean serve"));
}

TEST_CASE("a help shows what has a brief line, and examples; the long one shows every flag") {
  for (const CommandRow& command : command_table()) {
    const std::string brief = help(command.name, "--help");
    const std::string all = help(command.name, "--help-all");
    CHECK(has(brief, "Examples:\n  vela-logs "));
    for (const OptionRow& row : rows_of(command.command)) {
      if (row.flag.empty()) continue;
      CAPTURE(row.flag);
      CHECK(has(all, row.flag));
      CHECK(has(brief, row.flag) == !row.brief.empty());
    }
  }
}
