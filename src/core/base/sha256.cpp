// EVP cannot save a running digest; SHA256_CTX is plain data and can.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/base/sha256.hpp"

#include <cstring>

#include <openssl/sha.h>

#include "core/base/encoding.hpp"

namespace vela::base {
namespace {

constexpr std::size_t kWords = 8;
constexpr std::size_t kFixedBytes = kWords * 4 + 8;
constexpr std::size_t kBlockBytes = 64;

SHA256_CTX load(const unsigned char* bytes) {
  SHA256_CTX context;
  std::memcpy(&context, bytes, sizeof(context));
  return context;
}

std::uint64_t length_of(const SHA256_CTX& context) {
  const std::uint64_t bits = (std::uint64_t{context.Nh} << 32) | context.Nl;
  return bits / 8;
}

}  // namespace

Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) == kContextBytes);
  SHA256_CTX context;
  SHA256_Init(&context);
  std::memcpy(context_.data(), &context, sizeof(context));
}

void Sha256::update(std::string_view bytes) {
  SHA256_CTX context = load(context_.data());
  SHA256_Update(&context, bytes.data(), bytes.size());
  std::memcpy(context_.data(), &context, sizeof(context));
}

std::uint64_t Sha256::length() const { return length_of(load(context_.data())); }

std::string Sha256::hex_digest() const {
  SHA256_CTX context = load(context_.data());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256_Final(digest.data(), &context);
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string Sha256::save() const {
  const SHA256_CTX context = load(context_.data());
  std::string saved;
  saved.reserve(kFixedBytes + kBlockBytes);
  const auto put = [&saved](std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
      saved.push_back(static_cast<char>((value >> shift) & 0xff));
  };
  for (std::size_t i = 0; i < kWords; ++i) put(context.h[i], 4);
  put(length_of(context), 8);
  saved.append(reinterpret_cast<const char*>(context.data), context.num);
  return saved;
}

Result<Sha256> Sha256::restore(std::string_view saved) {
  const auto bad = [] { return Error(ErrorCode::corrupt, "not a saved SHA-256 state"); };
  if (saved.size() < kFixedBytes) return bad();
  const auto get = [&saved](std::size_t at, int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
      value = (value << 8) | static_cast<unsigned char>(saved[at + static_cast<std::size_t>(i)]);
    return value;
  };
  SHA256_CTX context;
  SHA256_Init(&context);
  for (std::size_t i = 0; i < kWords; ++i) context.h[i] = static_cast<SHA_LONG>(get(i * 4, 4));
  const std::uint64_t length = get(kWords * 4, 8);
  const std::size_t pending = length % kBlockBytes;
  if (saved.size() != kFixedBytes + pending) return bad();
  context.Nh = static_cast<SHA_LONG>((length * 8) >> 32);
  context.Nl = static_cast<SHA_LONG>((length * 8) & 0xffffffffU);
  context.num = static_cast<unsigned int>(pending);
  std::memcpy(context.data, saved.data() + kFixedBytes, pending);
  Sha256 restored;
  std::memcpy(restored.context_.data(), &context, sizeof(context));
  return restored;
}

}  // namespace vela::base
