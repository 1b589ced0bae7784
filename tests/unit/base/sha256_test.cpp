#include "core/base/sha256.hpp"

#include <string>

#include <doctest/doctest.h>

using vela::base::Sha256;

namespace {

std::string digest_of(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

}  // namespace

TEST_CASE("the digests are those of FIPS 180-4's examples") {
  CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a saved digest goes on as if it had not been saved, wherever it is cut") {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string whole = digest_of(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256 first;
    first.update(std::string_view(text).substr(0, cut));
    auto second = Sha256::restore(first.save());
    REQUIRE(second.has_value());
    CHECK(second->length() == cut);
    second->update(std::string_view(text).substr(cut));
    REQUIRE(second->hex_digest() == whole);
  }
}

TEST_CASE("a digest may be asked for in the middle") {
  Sha256 digest;
  digest.update("ab");
  CHECK(digest.hex_digest() == digest_of("ab"));
  digest.update("c");
  CHECK(digest.hex_digest() == digest_of("abc"));
}

TEST_CASE("what was not saved by it is not restored") {
  CHECK_FALSE(Sha256::restore("").has_value());
  CHECK_FALSE(Sha256::restore(Sha256().save() + "x").has_value());
}
