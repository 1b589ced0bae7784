#include "core/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace vela::base {

void assertion_failed(const char* claim, const char* file, int line) {
  std::fprintf(stderr, "vela-logs: broken promise: %s (%s:%d)\n", claim, file, line);
  std::abort();
}

}  // namespace vela::base
