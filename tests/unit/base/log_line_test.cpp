#include "core/base/log_line.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "core/base/logging.hpp"

using namespace vela::base;

namespace {

LogLine line_of(std::string_view text, std::span<const LogField> fields = {}) {
  LogLine line;
  line.time = from_unix_micros(1'767'323'045'678'901);
  line.level = spdlog::level::warn;
  line.text = text;
  line.fields = fields;
  return line;
}

const std::array kFields{LogField{"route", std::string_view("/health")},
                         LogField{"status", std::int64_t{200}}};

}  // namespace

TEST_CASE("a message is a line for people, for a machine or for the journal") {
  const LogLine line = line_of("the disk is full", kFields);
  CHECK(format_log_line(LogStyle::text, line) ==
        "2026-01-02T03:04:05.678Z warning the disk is full route=/health status=200");
  CHECK(format_log_line(LogStyle::json, line) ==
        R"({"ts":"2026-01-02T03:04:05.678Z","level":"warning","msg":"the disk is full",)"
        R"("route":"/health","status":200})");
  CHECK(format_log_line(LogStyle::journald, line) ==
        "<4>the disk is full route=/health status=200");
  CHECK(format_log_line(LogStyle::command, line_of("no server")) == "vela-logs: no server");
}

TEST_CASE("the journal gets syslog's priorities") {
  LogLine line = line_of("x");
  const auto of = [&line](spdlog::level::level_enum level) {
    line.level = level;
    return format_log_line(LogStyle::journald, line);
  };
  CHECK(of(spdlog::level::critical) == "<2>x");
  CHECK(of(spdlog::level::err) == "<3>x");
  CHECK(of(spdlog::level::info) == "<6>x");
  CHECK(of(spdlog::level::debug) == "<7>x");
  CHECK(of(spdlog::level::trace) == "<7>x");
}

TEST_CASE("a message stays one line, whatever is in it") {
  const LogLine line = line_of("a\nb\r\t\x1b[31m\x7f");
  CHECK(format_log_line(LogStyle::text, line) ==
        "2026-01-02T03:04:05.678Z warning a\\nb\\r\\t\\u001b[31m\\u007f");
  CHECK(format_log_line(LogStyle::journald, line) == "<4>a\\nb\\r\\t\\u001b[31m\\u007f");
  // CSI as one letter of two bytes; what lies behind those is text.
  CHECK(format_log_line(LogStyle::journald, line_of("\xc2\x9b"
                                                    "31m \xc2\xa0\xc3\x9f")) ==
        "<4>\\u009b31m \xc2\xa0\xc3\x9f");
}

TEST_CASE("JSON escapes what it must and holds nothing that is not UTF-8") {
  const auto json_of = [](std::string_view text) {
    const std::string all = format_log_line(LogStyle::json, line_of(text));
    const std::string head = R"({"ts":"2026-01-02T03:04:05.678Z","level":"warning","msg":)";
    REQUIRE(all.starts_with(head));
    return all.substr(head.size(), all.size() - head.size() - 1);
  };
  CHECK(json_of("say \"no\" to C:\\") == R"("say \"no\" to C:\\")");
  CHECK(json_of("\n\x01") == R"("\n\u0001")");
  CHECK(json_of("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
  // A lone tail, an overlong form, a surrogate, a sequence that ends early, beyond U+10FFFF.
  CHECK(json_of("\x80") == R"("\ufffd")");
  CHECK(json_of("\xc0\xaf") == R"("\ufffd\ufffd")");
  CHECK(json_of("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");
  CHECK(json_of("\xe2\x82") == R"("\ufffd\ufffd")");
  CHECK(json_of("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
}

TEST_CASE("a value that could be misread is quoted") {
  const std::array fields{LogField{"a", std::string_view("two words")},
                          LogField{"b", std::string_view("")},
                          LogField{"c", std::string_view("x=\"1\"")}};
  CHECK(format_log_line(LogStyle::journald, line_of("m", fields)) ==
        R"(<4>m a="two words" b="" c="x=\"1\"")");
}

TEST_CASE("the journal is known by the inode of its socket, not by the variable alone") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  struct stat status{};
  REQUIRE(::fstat(ends[1], &status) == 0);
  const std::string name = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  CHECK(is_journal(ends[1], name.c_str()));
  CHECK_FALSE(is_journal(ends[1], nullptr));
  CHECK_FALSE(is_journal(ends[1], "1:1"));
  CHECK_FALSE(is_journal(ends[1], ""));
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK_FALSE(is_journal(ends[1], name.c_str()));
}
