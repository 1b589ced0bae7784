#include "core/base/random.hpp"

#include <sys/random.h>

#include "core/base/assert.hpp"

namespace vela::base {

std::string random_bytes(std::size_t count) {
  VELA_ASSERT(count <= 256);  // what getrandom gives whole, without EINTR
  std::string bytes(count, '\0');
  const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
  VELA_ASSERT(got == static_cast<ssize_t>(count));
  return bytes;
}

}  // namespace vela::base
