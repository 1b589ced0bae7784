#include "core/logs/writer_id.hpp"

#include <cstring>

#include "core/base/encoding.hpp"
#include "core/base/random.hpp"

namespace vela::logs {

WriterId WriterId::make_random() {
  WriterId id;
  const std::string random = base::random_bytes(id.bytes_.size());
  std::memcpy(id.bytes_.data(), random.data(), id.bytes_.size());
  return id;
}

std::optional<WriterId> WriterId::parse(std::string_view hex) {
  const auto bytes = base::from_hex(hex);
  WriterId id;
  if (!bytes || bytes->size() != id.bytes_.size()) return std::nullopt;
  std::memcpy(id.bytes_.data(), bytes->data(), id.bytes_.size());
  if (!id.is_set()) return std::nullopt;
  return id;
}

std::string WriterId::to_string() const {
  return base::to_hex(
      std::string_view(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()));
}

}  // namespace vela::logs
