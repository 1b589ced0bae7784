#include "core/config/sample_config.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "core/config/config_file.hpp"
#include "core/config/option_table.hpp"
#include "core/config/options.hpp"

using namespace vela;
using namespace vela::config;

namespace {

std::vector<FileEntry> entries_of(const std::string& text) {
  return read_config_text(text, "sample", rows_of(Command::serve));
}

}  // namespace

TEST_CASE("config/vela-logs.toml is what `vela-logs serve --sample-config` prints") {
  std::ifstream file(std::string(VELA_SOURCE_DIR) + "/config/vela-logs.toml");
  std::stringstream text;
  text << file.rdbuf();
  CHECK(text.str() == sample_config());
}

TEST_CASE("the sample sets nothing") { CHECK(entries_of(sample_config()).empty()); }

TEST_CASE(
    "with its # taken away each line of the sample is a key, with its default if it has one") {
  std::stringstream sample(sample_config());
  std::string text;
  // "#key = value" is a key; "# text" is talk.
  for (std::string line; std::getline(sample, line);) {
    const bool is_key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    text += (is_key ? line.substr(1) : line) + "\n";
  }
  const std::vector<FileEntry> entries = entries_of(text);
  const auto rows = rows_of(Command::serve);
  CHECK(entries.size() ==
        static_cast<std::size_t>(std::count_if(
            rows.begin(), rows.end(), [](const OptionRow& row) { return !row.key.empty(); })));
  for (const FileEntry& entry : entries) {
    CAPTURE(text);
    REQUIRE(entry.fault.empty());
    CAPTURE(entry.row->key);
    AllOptions options;
    CHECK_FALSE(entry.row->set(options, *entry.row, entry.values).has_value());
    if (entry.row->fallback.empty()) continue;
    CHECK(entry.values == std::vector<std::string>{std::string(entry.row->fallback)});
  }
}

TEST_CASE("every key has a variable, named after it") {
  for (const OptionRow& row : rows_of(Command::serve)) {
    if (row.key.empty()) continue;
    std::string name = "VELA_LOGS_" + std::string(row.key);
    for (char& c : name) c = c == '.' ? '_' : static_cast<char>(std::toupper(c));
    CHECK(row.environment == name);
  }
}
