#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace vela::base {

// A running SHA-256 (FIPS 180-4) that can be copied, saved and gone on with in another process.
class Sha256 {
 public:
  Sha256();

  void update(std::string_view bytes);

  // Bytes hashed so far.
  [[nodiscard]] std::uint64_t length() const;

  // Lower-case hex of the digest of what came so far; the running state is not disturbed.
  [[nodiscard]] std::string hex_digest() const;

  // 40 + (length % 64) bytes: the eight state words and the length in bytes (big-endian), then the
  // unfinished block. Independent of OpenSSL's own layout.
  [[nodiscard]] std::string save() const;

  // Errors: corrupt, when `saved` was not made by save().
  [[nodiscard]] static Result<Sha256> restore(std::string_view saved);

 private:
  // SHA256_CTX, kept out of this header so that OpenSSL's stays in one file.
  static constexpr std::size_t kContextBytes = 112;
  alignas(8) std::array<unsigned char, kContextBytes> context_{};
};

}  // namespace vela::base
