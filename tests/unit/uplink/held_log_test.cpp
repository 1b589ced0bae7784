#include "core/uplink/held_log.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;

namespace {

constexpr base::WallTime kTime{1s};

std::string digest_of(std::string_view bytes) {
  base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

std::string text_of(const HeldLog& held) {
  std::string text;
  for (const logs::ChunkSlice& slice : held.spool().slices(held.begin(), 1'000'000))
    text += slice.bytes();
  return text;
}

// "0123456789" of which the first four are durable and forgotten.
HeldLog half_freed() {
  HeldLog held;
  held.push("01234", kTime, logs::Stream::out);
  held.push("56789", kTime, logs::Stream::err);
  held.free_until(4);
  return held;
}

}  // namespace

TEST_CASE("the digest covers all that was pushed, also what is forgotten") {
  const HeldLog held = half_freed();
  CHECK(held.begin() == 4);
  CHECK(text_of(held) == "456789");
  CHECK(held.seal().length == 10);
  CHECK(held.seal().from == 0);
  CHECK(held.seal().sha256 == digest_of("0123456789"));
}

TEST_CASE("a log that somebody began is continued at its end with the same bytes") {
  HeldLog held;
  held.push("mine", kTime, logs::Stream::out);
  held.move_to(100, 0);
  CHECK(held.begin() == 100);
  CHECK(held.end() == 104);
  CHECK(text_of(held) == "mine");
  CHECK(held.seal().from == 100);
  CHECK(held.seal().length == 104);
  CHECK(held.seal().sha256 == digest_of("mine"));
  CHECK(held.seal().lost == 0);
}

TEST_CASE("lost bytes are marked by a line at the time of the oldest byte that is left") {
  HeldLog held = half_freed();
  held.move_to(1, 3);
  const std::string text = "[vela-logs: the server lost 3 bytes here]\n456789";
  CHECK(text_of(held) == text);
  CHECK(held.begin() == 1);
  CHECK(held.end() == 1 + text.size());
  CHECK(held.seal().lost == 3);
  CHECK(held.seal().sha256 == digest_of(text));
  CHECK(held.spool().slices(1, 1).front().marks().front().time == kTime);
  held.push("!", kTime, logs::Stream::out);
  CHECK(held.seal().sha256 == digest_of(text + "!"));
}

TEST_CASE("two losses add up") {
  HeldLog held = half_freed();
  held.move_to(1, 3);
  held.free_until(held.end());
  held.move_to(0, held.begin());
  CHECK(held.lost() == 3 + 1 + 42 + 6);
}

TEST_CASE("a new writer that begins within what is held drops only what lies below") {
  HeldLog held = half_freed();
  held.continue_at(7);
  CHECK(text_of(held) == "789");
  CHECK(held.base_offset() == 7);
  CHECK(held.seal().length == 10);
  CHECK(held.seal().sha256 == digest_of("789"));
  CHECK(held.lost() == 0);
}

TEST_CASE("what is discarded costs nothing and is still counted") {
  HeldLog held = half_freed();
  held.discard();
  CHECK(held.spool().memory() == 0);
  held.push(std::string(1'000'000, 'x'), kTime, logs::Stream::out);
  CHECK(held.spool().memory() == 0);
  CHECK(held.end() == 1'000'010);
}
