#include "core/config/options.hpp"

#include <cctype>
#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "core/config/config_file.hpp"
#include "core/config/option_table.hpp"
#include "support/command_line.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::config;
using test::environment;
using test::fault;
using test::has;
using test::parse;

TEST_CASE("serve without anything listens on this machine and keeps logs beside it") {
  environment.clear();
  const auto options = std::get<ServeOptions>(parse({"serve"}).value());
  CHECK(options.listen == std::vector<std::string>{"127.0.0.1:8080"});
  CHECK(options.store == "./vela-logs.db");
  CHECK(options.flush_interval == 1s);
  CHECK(options.shutdown_delay == 0s);
  CHECK(options.shutdown_grace == 1s);
  CHECK(options.shutdown_limit == 60s);
  CHECK(options.health_free_space == 256 * 1024 * 1024);
}

TEST_CASE("how serve ends is told by flag, variable or file, within bounds") {
  environment = {{"VELA_LOGS_SHUTDOWN_DELAY", "10s"}};
  const auto options = std::get<ServeOptions>(
      parse({"serve", "--shutdown-grace", "0", "--shutdown-limit", "2m"}).value());
  CHECK(options.shutdown_delay == 10s);
  CHECK(options.shutdown_grace == 0s);
  CHECK(options.shutdown_limit == 2min);
  CHECK(has(fault({"serve", "--shutdown-limit", "0"}), "outside 1s to 1h"));
  CHECK(has(fault({"serve", "--shutdown-delay", "2h"}), "outside 0s to 1h"));
  environment.clear();
}

TEST_CASE("a token comes from a file or the environment, and never from a flag") {
  environment = {{"VELA_LOGS_TOKEN", "abc"}, {"VELA_LOGS_SERVER", "http://x"}};
  const auto step = std::get<RunStepOptions>(
      parse({"run-step", "--log", "a/b/1/steps/2", "--token-file", "/t"}).value());
  CHECK(step.token == "abc");
  CHECK(step.token_file == "/t");
  environment["VELA_LOGS_TOKEN_FILE"] = "/u";
  const auto tail = std::get<TailOptions>(parse({"tail", "a/b/1"}).value());
  CHECK(tail.token == "abc");
  CHECK(tail.token_file == "/u");
  environment.clear();
  CHECK(has(fault({"tail", "--server", "http://x", "--token", "abc", "a/b/1"}), "--token"));
  CHECK_FALSE(has(std::get<Talk>(parse({"tail", "--help"}).value()).text, "abc"));
}

TEST_CASE("what follows -- reaches the command unchanged") {
  environment.clear();
  const auto options =
      std::get<RunStepOptions>(parse({"run-step", "--server", "http://x", "--log", "a/b/1/steps/2",
                                      "--", "printf", "[a,b]", "--", "--help", ""})
                                   .value());
  CHECK(options.command == std::vector<std::string>{"printf", "[a,b]", "--", "--help", ""});
  CHECK(options.method == "auto");
  CHECK(options.grace == 10s);
  CHECK(options.drain_timeout == 60s);
}

TEST_CASE("flags beat the environment, and inside a Vela step that fills in what is left out") {
  environment = {{"VELA_LOGS_SERVER", "http://ours"}, {"VELA_ADDR", "http://velas"},
                 {"VELA_REPO_ORG", "octocat"},        {"VELA_REPO_NAME", "hello"},
                 {"VELA_BUILD_NUMBER", "42"},         {"VELA_STEP_NUMBER", "3"},
                 {"VELA_STEP_NAME", "build"}};
  auto options = std::get<RunStepOptions>(parse({"run-step", "--", "true"}).value());
  CHECK(options.server == "http://ours");
  CHECK(options.log == "octocat/hello/42/steps/3");
  CHECK(options.name == "build");
  options = std::get<RunStepOptions>(
      parse({"run-step", "--server", "http://flag", "--", "true"}).value());
  CHECK(options.server == "http://flag");
  environment.erase("VELA_LOGS_SERVER");
  options = std::get<RunStepOptions>(parse({"run-step", "--", "true"}).value());
  CHECK(options.server == "http://velas");
}

TEST_CASE("inside a Vela step tail without a log follows that build") {
  environment = {{"VELA_SERVER_ADDR", "http://velas"},
                 {"VELA_REPO_ORG", "octocat"},
                 {"VELA_REPO_NAME", "hello"},
                 {"VELA_BUILD_NUMBER", "42"},
                 {"VELA_STEP_NUMBER", "3"}};
  const auto options = std::get<TailOptions>(parse({"tail"}).value());
  CHECK(options.log == "octocat/hello/42");
  CHECK(options.server == "http://velas");
}

TEST_CASE("a log that can't be made of a Vela step's variables is told by the one that lacks") {
  environment = {{"VELA_LOGS_SERVER", "http://ours"},
                 {"VELA_REPO_ORG", "octocat"},
                 {"VELA_REPO_NAME", "hello"},
                 {"VELA_STEP_NUMBER", "3"}};
  CHECK(has(fault({"tail"}),
            "LOG: is missing (VELA_BUILD_NUMBER is not set, VELA_REPO_ORG is); "
            "give it, for example octocat/hello/42"));
  environment["VELA_BUILD_NUMBER"] = "42";
  environment.erase("VELA_STEP_NUMBER");
  CHECK(has(fault({"run-step"}), "--log: is missing (VELA_STEP_NUMBER is not set, "));
  environment = {{"VELA_LOGS_SERVER", "http://ours"}};
  CHECK(has(fault({"run-step"}), "--log: is missing; give it, "));
}

TEST_CASE("what may be set at all has a variable") {
  // They say what one call is to do, or nothing that lasts.
  const std::set<std::string_view> without{
      "--show-config", "--sample-config", "--check-config",      "--backup-to",  "--follow",
      "--raw",         "--resume",        "--retention-dry-run", "--print-spool"};
  for (const CommandRow& command : command_table()) {
    for (const OptionRow& row : rows_of(command.command)) {
      CAPTURE(row.flag);
      CHECK(row.environment.starts_with("VELA_LOGS_") != without.contains(row.flag));
      if (row.key.empty()) continue;
      std::string name = "VELA_LOGS_";
      for (const char c : row.key)
        name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      CHECK(row.environment == name);
    }
  }
}

TEST_CASE("a flag before its command is told where it goes") {
  environment.clear();
  CHECK(has(fault({"--listen=:80"}), "--listen: comes behind the command; write vela-logs serve"));
  CHECK(has(fault({"--vershun"}), "did you mean --version?"));
  CHECK(has(fault({"--listn"}), "did you mean --listen?"));
  CHECK(has(fault({"--nonsense"}), "there is no such flag; `vela-logs --help` says"));
}

TEST_CASE("times may be chosen for all calls, and --raw is not disturbed by that") {
  environment = {{"VELA_LOGS_TIME_FORM", "iso"}, {"VELA_LOGS_SERVER", "http://ours"}};
  const auto timed = std::get<TailOptions>(parse({"tail", "a/b/1"}).value());
  CHECK(timed.timestamps);
  CHECK(timed.time_form == TimeForm::iso);
  CHECK_FALSE(std::get<TailOptions>(parse({"tail", "a/b/1/steps/1", "--raw"}).value()).timestamps);
}

TEST_CASE("all faults come together, each with its flag and a valid example") {
  environment.clear();
  const std::string text =
      fault({"serve", "--flush-interval", "soon", "--listen", "nowhere", "--store", ""});
  CHECK(has(text, "--flush-interval"));
  CHECK(has(text, "--listen"));
  CHECK(has(fault({"serve", "--listn", ":1"}), "--listen"));
  CHECK(has(fault({"run-step", "--", "true"}), "--server"));
  CHECK(has(fault({"run-step", "--", "true"}), "VELA_LOGS_SERVER"));
  CHECK(has(fault({"tail", "--server", "http://x", "a/b/1", "-f", "--no-follow"}), "--no-follow"));
  CHECK(has(fault({"tail", "--server", "http://x", "a/b/1/steps/1", "--raw", "-t"}), "--raw"));
  CHECK(has(fault({"frob"}), "frob"));
}

TEST_CASE("tail's options") {
  environment.clear();
  auto options = std::get<TailOptions>(
      parse({"tail", "--server", "http://x", "a/b/1/steps/1", "-n", "5", "-t", "--time-form",
             "delay", "--color", "never", "--exit-status", "--lost-timeout", "1m"})
          .value());
  CHECK(options.last_lines == 5);
  CHECK(options.follow);
  CHECK(options.timestamps);
  CHECK(options.time_form == TimeForm::delay);
  CHECK(options.color == ColorMode::never);
  CHECK(options.exit_status);
  CHECK(options.lost_timeout == 60s);
  options = std::get<TailOptions>(
      parse({"tail", "--server", "http://x", "a/b/1", "-n", "all", "--no-follow"}).value());
  CHECK_FALSE(options.last_lines.has_value());
  CHECK_FALSE(options.follow);
}

TEST_CASE("NO_COLOR is no colour, unless the command line or its own variable says more") {
  const auto color = [](std::vector<std::string> more) {
    std::vector<std::string> arguments{"tail", "--server", "http://x", "a/b/1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::get<TailOptions>(parse(arguments).value()).color;
  };
  environment = {{"NO_COLOR", "1"}};
  CHECK(color({}) == ColorMode::never);
  CHECK(color({"--color", "auto"}) == ColorMode::never);
  CHECK(color({"--color", "always"}) == ColorMode::always);
  environment = {{"NO_COLOR", "1"}, {"VELA_LOGS_COLOR", "always"}};
  CHECK(color({}) == ColorMode::always);
  environment = {{"NO_COLOR", ""}};
  CHECK(color({}) == ColorMode::automatic);
}

TEST_CASE("serve listens where no other machine can reach it") {
  environment.clear();
  for (const char* address :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/run/x"}) {
    CAPTURE(address);
    CHECK(fault({"serve", "--listen", address}).empty());
  }
  for (const char* address : {":1", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "127.1:1",
                              "localhost.example.org:1"}) {
    CAPTURE(address);
    CHECK(has(fault({"serve", "--listen", address}), "other machines"));
  }
}

TEST_CASE("a server is named by its URL or its Unix socket") {
  environment.clear();
  const auto server = [](const char* url) {
    const auto parsed = parse({"tail", "a/b/1", "--server", url});
    return parsed ? std::get<TailOptions>(*parsed).server : "fault: " + parsed.error().text();
  };
  CHECK(server("https://h:1/below/") == "https://h:1/below");
  CHECK(server("unix:/run/vela-logs.sock") == "unix:/run/vela-logs.sock");
  for (const char* bad : {"unix:", "unix:/run/a:b", "unix:/run/a b", "ftp://h", "h:8080"}) {
    CAPTURE(bad);
    CHECK(has(server(bad), "write for example http://127.0.0.1:8080"));
  }
}

TEST_CASE("--help-all of a command names every variable, that of the program every command") {
  environment.clear();
  const std::string tail = std::get<Talk>(parse({"tail", "--help-all"}).value()).text;
  for (const char* variable : {"$VELA_LOGS_SERVER", "$VELA_ADDR", "$VELA_SERVER_ADDR", "$NO_COLOR"})
    CHECK(has(tail, variable));
  const std::string program = std::get<Talk>(parse({"--help"}).value()).text;
  for (const char* line : {"\n  serve ", "\n  run-step ", "\n  tail ", "\nExample"})
    CHECK(has(program, line));
}

TEST_CASE("help and version are told on standard output") {
  environment.clear();
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                    {"help"},
                                                    {"--version"},
                                                    {"serve", "--help"},
                                                    {"tail", "--help"}})
    CHECK_FALSE(std::get<Talk>(parse(arguments).value()).text.empty());
}

TEST_CASE("faults of a file come in the order of its lines") {
  const std::string path = "faults.toml";
  const auto rows = rows_of(Command::serve);
  const auto entries =
      read_config_text("zebra = 1\nstore = 7\nlisten = \"nowhere\"\nant = 2\n", path, rows);
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].fault.starts_with("faults.toml:1:1: zebra"));
  CHECK(entries[1].fault.starts_with("faults.toml:2:"));
  CHECK(entries[2].where == "faults.toml:3:10");
  CHECK(entries[3].fault.starts_with("faults.toml:4:1: ant"));
}

TEST_CASE("a wrong file is told with its line and column") {
  const auto rows = rows_of(Command::serve);
  const auto faults = [&rows](std::string_view text) {
    std::string all;
    for (const FileEntry& entry : read_config_text(text, "x.toml", rows)) all += entry.fault + "\n";
    return all;
  };
  CHECK(faults("listen = \"127.0.0.1:1\"\n") == "\n");
  CHECK(has(faults("\nlistn = \"a\"\n"), "x.toml:2:1"));
  CHECK(has(faults("listn = \"a\"\n"), "listen"));
  CHECK(has(faults("store = 7\n"), "x.toml:1:"));
  CHECK(has(faults("listen = [\n"), "x.toml:"));
}

TEST_CASE("a key of a section is named in full, and the section may be written either way") {
  const auto rows = rows_of(Command::serve);
  for (const std::string text :
       {"[log]\nlevel = \"debug\"\n", "log.level = \"debug\"\n", "log = { level = \"debug\" }\n"}) {
    CAPTURE(text);
    const auto entries = read_config_text(text, "x.toml", rows);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].fault.empty());
    CHECK(entries[0].row->key == "log.level");
  }
  const auto wrong = read_config_text("[log]\nlevle = \"debug\"\nformat = 7\n", "x.toml", rows);
  REQUIRE(wrong.size() == 2);
  CHECK(
      has(wrong[0].fault, "x.toml:2:1: log.levle: there is no such key; did you mean log.level?"));
  CHECK(has(wrong[1].fault, "x.toml:3:"));
  CHECK(has(wrong[1].fault, "log.format: is a number"));
}

TEST_CASE("a size and a count may be plain numbers in the file") {
  const auto entries = read_config_text(
      "[health]\nfree_space = 4096\n[retention]\nmax_builds_per_repo = 50\nmax_age = 5\n", "x.toml",
      rows_of(Command::serve));
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].values == std::vector<std::string>{"4096"});
  CHECK(entries[1].values == std::vector<std::string>{"50"});
  CHECK(has(entries[2].fault, "x.toml:5:11: retention.max_age: is a number, expected text; write"));
}

TEST_CASE("a key in the wrong table, a misspelt table and a wrong element are told as such") {
  const auto rows = rows_of(Command::serve);
  const auto fault_of = [&rows](std::string_view text) {
    const auto entries = read_config_text(text, "x.toml", rows);
    return entries.size() == 1 ? entries[0].fault : "not one entry";
  };
  CHECK(has(fault_of("grace = \"1s\"\n"),
            "x.toml:1:1: grace: there is no such key; did you mean shutdown.grace?"));
  CHECK(has(fault_of("[log]\nstore = \"x\"\n"),
            "x.toml:2:1: log.store: there is no such key; did you mean store?"));
  CHECK(has(fault_of("[log]\nlanguage = \"x\"\n"),
            "log.language: there is no such key; known are log.level, log.format"));
  CHECK(has(fault_of("[loging]\nlevel = \"x\"\n"),
            "x.toml:1:2: [loging]: there is no such table; did you mean [log]?"));
  CHECK(has(fault_of("[helth]\nlevel = \"x\"\n"), "did you mean [health]?"));
  CHECK(has(fault_of("[nowhere]\nlevel = \"x\"\n"), "[nowhere]: there is no such table; known "));
  CHECK(has(fault_of("log = 3\n"),
            "x.toml:1:1: log: is a number, expected a table of log.level, log.format"));
  CHECK(has(fault_of("listen = [\"127.0.0.1:0\", 3]\n"), "x.toml:1:26: listen: is a number, "));
  CHECK(has(fault_of("listen = []\n"), "x.toml:1:10: listen: is an empty array, "));
}

TEST_CASE("serve's own log has a level and a form") {
  environment.clear();
  const auto plain = std::get<ServeOptions>(parse({"serve"}).value());
  CHECK(plain.log_level == LogLevel::info);
  CHECK(plain.log_format == LogFormat::automatic);
  environment = {{"VELA_LOGS_LOG_LEVEL", "error"}};
  const auto given = std::get<ServeOptions>(parse({"serve", "--log-format", "journald"}).value());
  CHECK(given.log_level == LogLevel::error);
  CHECK(given.log_format == LogFormat::journald);
  environment.clear();
  CHECK(has(fault({"serve", "--log-level", "warn"}), "'warn' is none of trace, debug"));
  CHECK(has(fault({"serve", "--log-format", "jsno"}), "did you mean json?"));
}

TEST_CASE("the spool has a directory, a limit and a way out, each with its bounds") {
  environment.clear();
  const std::vector<std::string> common{"run-step", "--server", "http://x", "--log",
                                        "a/b/1/steps/2"};
  const auto with = [&common](std::vector<std::string> more) {
    std::vector<std::string> all = common;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto plain = std::get<RunStepOptions>(parse(common).value());
  CHECK(plain.spool_dir.empty());
  CHECK(plain.spool_limit == 1ULL << 30);
  CHECK(plain.when_full == WhenFull::block);
  const auto given = std::get<RunStepOptions>(
      parse(with({"--spool-dir", "/s", "--spool-limit", "2GiB", "--when-full", "fail"})).value());
  CHECK(given.spool_dir == "/s");
  CHECK(given.spool_limit == 2ULL << 30);
  CHECK(given.when_full == WhenFull::fail);
  CHECK(has(fault(with({"--spool-limit", "1MiB"})), "--spool-limit: '1MiB' is less than 4MiB"));
  CHECK(has(fault(with({"--when-full", "dorp"})), "did you mean drop?"));
}

TEST_CASE("--resume needs neither server nor log, and runs nothing") {
  environment.clear();
  CHECK(std::get<RunStepOptions>(parse({"run-step", "--resume"}).value()).resume);
  CHECK(has(fault({"run-step", "--resume", "--", "ls"}), "--resume: runs nothing"));
}
