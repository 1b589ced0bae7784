#include <string>

#include <doctest/doctest.h>

#include "core/logs/log_id.hpp"
#include "core/logs/offset.hpp"
#include "core/logs/writer_id.hpp"

using namespace vela::logs;

TEST_CASE("a log's name is read and written") {
  const LogId log = LogId::parse("octocat/hello/42/steps/3").value();
  CHECK(log.build.org == "octocat");
  CHECK(log.build.number == 42);
  CHECK(log.number == 3);
  CHECK(log.to_string() == "octocat/hello/42/steps/3");
  CHECK(LogId::parse("a/b/1/services/65535").value().kind == LogKind::service);
}

TEST_CASE("what names no log is refused with a valid example") {
  const std::string long_name(251, 'x');
  for (const std::string& text :
       {std::string(""), std::string("a/b/1"), std::string("a/b/1/steps"),
        std::string("a/b/0/steps/1"), std::string("a/b/x/steps/1"), std::string("a/b/1/step/1"),
        std::string("a/b/1/steps/0"), std::string("a/b/1/steps/65536"),
        std::string("../b/1/steps/1"), std::string("a/./1/steps/1"), std::string("a/b\n/1/steps/1"),
        std::string("a/b/1/steps/1/"), long_name + "/b/1/steps/1"}) {
    CAPTURE(text);
    const auto log = LogId::parse(text);
    REQUIRE_FALSE(log.has_value());
    CHECK(log.error().text().find("octocat/hello/42/steps/3") != std::string::npos);
  }
}

TEST_CASE("a build's number has 63 bits, and one that has not is told so") {
  CHECK(BuildId::parse("a/b/9223372036854775807").value().number == 9223372036854775807ULL);
  for (const char* text : {"a/b/9223372036854775808", "a/b/99999999999999999999", "a/b/0"}) {
    CAPTURE(text);
    const auto build = BuildId::parse(text);
    REQUIRE_FALSE(build.has_value());
    CHECK(build.error().text().find("from 1 to 9223372036854775807") != std::string::npos);
  }
}

TEST_CASE("names may hold anything but slashes and controls") {
  CHECK(is_valid_name("ünï cödé ..."));
  CHECK(is_valid_name(std::string(250, 'x')));
  CHECK_FALSE(is_valid_name(".."));
  CHECK_FALSE(is_valid_name("a\x7f"));
}

TEST_CASE("a path on the wire is percent-encoded") {
  const LogId log{{"a b", "c%d", 1}, LogKind::service, 2};
  CHECK(log_path(log) == "/api/v1/repos/a%20b/c%25d/builds/1/services/2");
}

TEST_CASE("short names go there and back") {
  const BuildId build{"a", "b", 1};
  for (const char* text : {"s1", "v65535"})
    CHECK(LogId::parse_short_name(build, text)->short_name() == text);
  for (const char* bad : {"", "s", "x1", "s0", "s65536", "s1x"})
    CHECK_FALSE(LogId::parse_short_name(build, bad).has_value());
}

TEST_CASE("a cursor is generation and offset") {
  CHECK(Cursor::parse("1-8192") == Cursor{1, 8192});
  CHECK(Cursor{3, 4}.to_string() == "3-4");
  for (const char* bad : {"", "1", "1-", "-1", "1-2-3", "a-1", "1--2", "9223372036854775808-1"})
    CHECK_FALSE(Cursor::parse(bad).has_value());
}

TEST_CASE("a writer's id is 32 hex digits that are not all zero") {
  const WriterId id = WriterId::make_random();
  CHECK(WriterId::parse(id.to_string()) == id);
  CHECK(id != WriterId::make_random());
  CHECK_FALSE(WriterId::parse(std::string(32, '0')).has_value());
  CHECK_FALSE(WriterId::parse("abc").has_value());
}

TEST_CASE("a step's name is cut between two characters") {
  CHECK(cut_step_name("build") == "build");
  CHECK(cut_step_name(std::string(250, 'x')) == std::string(250, 'x'));
  CHECK(cut_step_name(std::string(251, 'x')) == std::string(250, 'x'));
  CHECK(cut_step_name(std::string(248, 'x') + "\u2014") == std::string(248, 'x'));
  CHECK(cut_step_name(std::string(247, 'x') + "\u2014y") == std::string(247, 'x') + "\u2014");
}
