#pragma once

namespace vela::base {

// Prints the broken promise with its place and aborts.
[[noreturn]] void assertion_failed(const char* claim, const char* file, int line);

}  // namespace vela::base

// A promise of our own code, checked in every build. Data from a peer is never asserted.
#define VELA_ASSERT(claim) \
  ((claim) ? static_cast<void>(0) : ::vela::base::assertion_failed(#claim, __FILE__, __LINE__))
