#pragma once

#include <cstddef>
#include <string>

namespace vela::base {

// `count` bytes from the kernel's generator; fit for identifiers that must not collide or be
// guessed.
[[nodiscard]] std::string random_bytes(std::size_t count);

}  // namespace vela::base
