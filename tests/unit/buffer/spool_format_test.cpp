#include "core/buffer/spool_format.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::buffer;

namespace {

SpoolIdentity identity() {
  SpoolIdentity made;
  made.server = "http://127.0.0.1:8080";
  made.log = logs::LogId::parse("octocat/hello/42/steps/3").value();
  made.name = "unit & tests\n";
  made.started = base::WallTime(1'700'000'000'123'456us);
  return made;
}

std::string record(std::uint64_t position, std::string_view payload) {
  const RecordHead head = make_head(RecordKind::out, position, base::WallTime(1s), payload);
  return std::string(bytes_of(head)) + std::string(payload);
}

}  // namespace

TEST_CASE("an identity comes back as it was, and a bit that flipped is noticed") {
  std::string block = encode_identity(identity()).value();
  block.resize(kBlockBytes, '\0');
  CHECK(decode_identity(block).value() == identity());
  for (const std::size_t at : {0, 4, 8, 40}) {
    std::string damaged = block;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    CHECK(decode_identity(damaged).has_error());
  }
  CHECK(decode_identity("").has_error());
  CHECK(decode_identity(block.substr(0, 20)).has_error());
  SpoolIdentity endless = identity();
  endless.server += std::string(kBlockBytes, 'x');
  CHECK(encode_identity(endless).has_error());
}

TEST_CASE("a state comes back with its digest, its owner and what it owes") {
  SpoolState state;
  state.number = 7;
  state.ownership.writer = logs::WriterId::make_random();
  state.ownership.replaces = logs::WriterId::make_random();
  state.ownership.lost = 3;
  state.base = 10;
  state.place = 99'999;
  state.position = 1'000'000;
  state.skip = 5;
  state.offset = 2'000'000;
  state.prefix = "[lost]\n";
  state.digest.update("hello");
  const SpoolState read = decode_state(encode_state(state).value()).value();
  CHECK(read.number == 7);
  CHECK(read.ownership == state.ownership);
  CHECK(read.base == 10);
  CHECK(read.place == 99'999);
  CHECK(read.position == 1'000'000);
  CHECK(read.skip == 5);
  CHECK(read.offset == 2'000'000);
  CHECK(read.prefix == state.prefix);
  CHECK(read.digest.hex_digest() == state.digest.hex_digest());
  CHECK(decode_state(std::string(kBlockBytes, '\0')).has_error());
  SpoolState unsound = state;
  unsound.offset = unsound.prefix.size() - 1;
  CHECK(decode_state(encode_state(unsound).value()).has_error());
  unsound = state;
  unsound.position = ~std::uint64_t{0};
  CHECK(decode_state(encode_state(unsound).value()).has_error());
}

TEST_CASE("a record counts only whole, undamaged, and where it belongs") {
  const std::string bytes = record(100, "hello");
  REQUIRE(find_record(bytes, 100).has_value());
  CHECK(find_record(bytes, 100)->payload == "hello");
  CHECK(find_record(bytes + "more", 100)->size() == bytes.size());
  CHECK_FALSE(find_record(bytes, 101).has_value());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    CHECK_FALSE(find_record(bytes.substr(0, cut), 100).has_value());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CHECK_FALSE(find_record(damaged, 100).has_value());
  }
  CHECK_FALSE(find_record(std::string(100, '\0'), 0).has_value());
}
