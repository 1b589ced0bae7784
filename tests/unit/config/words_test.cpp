// How the words of the command line and of the environment are taken apart and held together.
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "core/config/options.hpp"
#include "support/command_line.hpp"

using namespace vela;
using namespace vela::config;
using test::environment;
using test::fault;
using test::find_env;
using test::has;
using test::parse;

TEST_CASE("an empty value is a value, and takes no word that follows") {
  environment.clear();
  const std::string told = fault({"serve", "--store=", "--check-config"});
  CHECK(has(told, "--store: "));
  CHECK_FALSE(has(told, "--check-config"));
  const std::string both = fault({"run-step", "--server=", "--log", "a/b/1/steps/1"});
  CHECK(has(both, "--server: "));
  CHECK_FALSE(has(both, "--log"));
}

TEST_CASE("a variable holds a list with commas between") {
  environment = {{"VELA_LOGS_RETENTION_EXEMPT", "a/b/*,c/*"},
                 {"VELA_LOGS_LISTEN", "127.0.0.1:1,unix:/run/x"}};
  const auto options = std::get<ServeOptions>(parse({"serve"}).value());
  CHECK(options.retention_exempt == std::vector<std::string>{"a/b/*", "c/*"});
  CHECK(options.listen == std::vector<std::string>{"127.0.0.1:1", "unix:/run/x"});
  environment = {{"VELA_LOGS_RETENTION_EXEMPT", "a/b/*,"}};
  CHECK(has(fault({"serve"}), "VELA_LOGS_RETENTION_EXEMPT: "));
  environment.clear();
}

TEST_CASE("--check-config finds variables that were misspelt, and no others") {
  environment.clear();
  std::vector<std::string> entries{"VELA_LOGS_LOG_LEVL=debug", "VELA_LOGS_STORE=x.db",
                                   "VELA_LOGS_METHOD=auto", "VELA_LOGS_SOMETHING_ELSE=1", "PATH=/"};
  std::vector<char*> variables;
  for (std::string& entry : entries) variables.push_back(entry.data());
  variables.push_back(nullptr);
  const auto checked = parse_command_line({"serve", "--check-config"}, &find_env, variables.data());
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().text() ==
        "VELA_LOGS_LOG_LEVL: there is no such variable; did you mean VELA_LOGS_LOG_LEVEL?");
  CHECK(parse_command_line({"serve"}, &find_env, variables.data()).has_value());
}

TEST_CASE("flags that contradict each other are told") {
  environment.clear();
  CHECK(has(fault({"serve", "--backup-to", "/x", "--retention-dry-run"}),
            "--retention-dry-run: contradicts --backup-to"));
  CHECK(has(fault({"run-step", "--resume", "--print-spool", "/x"}),
            "--print-spool: contradicts --resume"));
  CHECK(
      has(fault({"run-step", "--print-spool", "/x", "--", "true"}), "--print-spool: runs nothing"));
  CHECK(std::get<RunStepOptions>(parse({"run-step", "--print-spool", "/x"}).value()).print_spool ==
        "/x");
  // Of a method that is none, what goes with it is not judged.
  CHECK_FALSE(has(fault({"run-step", "--server", "http://x", "--log", "a/b/1/steps/1", "--method",
                         "streem", "--flush-interval", "1s"}),
                  "--flush-interval"));
}
