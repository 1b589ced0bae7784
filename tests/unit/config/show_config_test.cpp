#include "core/config/show_config.hpp"

#include <string>

#include <doctest/doctest.h>

#include "core/config/config_file.hpp"
#include "core/config/option_table.hpp"
#include "support/fake_environment.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::config;
using test::environment;
using test::find_env;

namespace {

std::string show(std::vector<std::string> more) {
  more.insert(more.begin(), {"serve", "--show-config"});
  return std::get<Talk>(parse_command_line(more, &find_env).value()).text;
}

// The line of a key, its blanks drawn together.
std::string line_of(const std::string& text, const std::string& key) {
  const auto begin = text.find("\n" + key + " ");
  if (begin == std::string::npos) return "no line of " + key + " in\n" + text;
  std::string line;
  for (const char c : text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1))
    if (c != ' ' || !line.ends_with(' ')) line += c;
  return line;
}

}  // namespace

TEST_CASE("each value is shown with where it comes from") {
  const test::TempDir dir;
  const std::string path =
      dir.write("x.toml",
                "listen = [\"127.0.0.1:1\", \"[::1]:2\"]\nstore = \"/from/file\"\n"
                "[log]\nlevel = \"debug\"\n");
  environment = {{"VELA_LOGS_CONFIG", path}, {"VELA_LOGS_STORE", "/from/\"variable\""}};
  const std::string text = show({"--log-format", "json"});
  CHECK(line_of(text, "listen") == "listen = [\"127.0.0.1:1\", \"[::1]:2\"] # " + path + ":1:10");
  CHECK(line_of(text, "store") == "store = \"/from/\\\"variable\\\"\" # VELA_LOGS_STORE");
  CHECK(line_of(text, "flush_interval") == "flush_interval = \"1s\" # default");
  CHECK(line_of(text, "level") == "level = \"debug\" # " + path + ":4:9");
  CHECK(line_of(text, "format") == "format = \"json\" # --log-format");
  CHECK(text.starts_with("# read from " + path + ", which VELA_LOGS_CONFIG names\n"));
}

TEST_CASE("what is shown can be read back and means the same") {
  environment = {{"VELA_LOGS_STORE", "/a # b"}, {"VELA_LOGS_LOG_LEVEL", "error"}};
  const std::string text = show({"--listen", "127.0.0.1:1", "--listen", "unix:/x"});
  environment.clear();
  const test::TempDir dir;
  const std::string path = dir.write("x.toml", text);
  const auto options =
      std::get<ServeOptions>(parse_command_line({"serve", "--config", path}, &find_env).value());
  CHECK(options.listen == std::vector<std::string>{"127.0.0.1:1", "unix:/x"});
  CHECK(options.store == "/a # b");
  CHECK(options.log_level == LogLevel::error);
}

TEST_CASE("a secret is not shown, and what is not set says so") {
  const OptionRow secret{.kind = ValueKind::one, .key = "x.password", .is_secret = true};
  const OptionRow unset{.kind = ValueKind::one, .key = "x.limit"};
  const std::vector<Setting> settings{{&secret, {"hunter2"}, "VELA_LOGS_X_PASSWORD"},
                                      {&unset, {}, "default"}};
  const std::string text = show_config(settings);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(line_of(text, "#password") == "#password = (hidden) # VELA_LOGS_X_PASSWORD");
  CHECK(line_of(text, "#limit") == "#limit is not set # default");
}

TEST_CASE("all faults are told together, from file, environment and command line") {
  const test::TempDir dir;
  const std::string path =
      dir.write("x.toml",
                "listn = 1\nflush_interval = \"soon\"\n[log]\nlevl = \"debug\"\n"
                "format = \"jsn\"\n[lgo]\n");
  environment = {{"VELA_LOGS_LOG_LEVEL", "loud"}};
  const auto parsed = parse_command_line(
      {"serve", "--check-config", "--config", path, "--listen", "nowhere"}, &find_env);
  environment.clear();
  REQUIRE_FALSE(parsed.has_value());
  const std::string text = parsed.error().text();
  for (const std::string& part :
       {path + ":1:1: listn: there is no such key; did you mean listen?",
        path + ":2:18: flush_interval: ",
        path + ":4:1: log.levl: there is no such key; did you mean log.level?",
        path + ":5:10: log.format: 'jsn' is none of",
        path + ":6:", std::string("VELA_LOGS_LOG_LEVEL: 'loud'"), std::string("--listen: ")}) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  }
}
