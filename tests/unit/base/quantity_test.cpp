#include "core/base/quantity.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela::base;

TEST_CASE("durations are read in every unit and in sums") {
  CHECK(parse_duration("250ms").value() == 250ms);
  CHECK(parse_duration("1s").value() == 1s);
  CHECK(parse_duration("5m").value() == 5min);
  CHECK(parse_duration("1h30m").value() == 90min);
  CHECK(parse_duration("2d").value() == 48h);
  CHECK(parse_duration("7us").value() == 7us);
  CHECK(parse_duration("0").value() == 0s);
}

TEST_CASE("what is no duration is refused with a valid example") {
  for (const char* text : {"", "1", "s", "-1s", "1.5s", "1 s", "1x", "1s2", "99999999999999999d"}) {
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().text().find("250ms") != std::string::npos);
  }
}

TEST_CASE("what is written is read back as the same duration") {
  for (const auto duration : {0us, 1us, 1500us, 1'000'000us, 90'000'000us, 86'400'000'000us}) {
    CAPTURE(duration.count());
    CHECK(parse_duration(format_duration(duration)).value() == duration);
  }
  CHECK(format_duration(90s) == "1m30s");
}

TEST_CASE("sizes are read with and without a unit") {
  CHECK(parse_size("1000").value() == 1000);
  CHECK(parse_size("64KiB").value() == 65536);
  CHECK(parse_size("4MiB").value() == 4u << 20);
  CHECK(parse_size("2GB").value() == 2'000'000'000);
}

TEST_CASE("what is no size is refused with a valid example") {
  for (const char* text : {"", "KiB", "-1", "1.5MiB", "1kib", "64KiB ", "99999999999TiB"}) {
    CAPTURE(text);
    const auto parsed = parse_size(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().text().find("64KiB") != std::string::npos);
  }
}

TEST_CASE("what is written is read back as the same size") {
  for (const std::uint64_t size : {0ull, 1ull, 1000ull, 1024ull, 65536ull, 3ull << 30}) {
    CAPTURE(size);
    CHECK(parse_size(format_size(size)).value() == size);
  }
}

TEST_CASE("people read sizes rounded to a tenth") {
  CHECK(format_rough_size(0) == "0 bytes");
  CHECK(format_rough_size(1) == "1 byte");
  CHECK(format_rough_size(1023) == "1023 bytes");
  CHECK(format_rough_size(1024) == "1.0 KiB");
  CHECK(format_rough_size(12'897'485) == "12.3 MiB");
  CHECK(format_rough_size((1ull << 20) - 1) == "1.0 MiB");
  CHECK(format_rough_size(5000ull << 40) == "5000.0 TiB");
}
