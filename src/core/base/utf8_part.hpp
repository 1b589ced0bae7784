#pragma once

#include <cstddef>
#include <string_view>

namespace vela::base {

// U+FFFD, which stands for bytes that are not UTF-8.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// What a text begins with, seen as UTF-8.
struct Utf8Part {
  enum class Kind {
    character,   // one well-formed character
    ill_formed,  // a maximal ill-formed part: one U+FFFD
    unfinished,  // all there is, valid so far: more bytes decide
  };
  Kind kind;
  std::size_t length;
};

// The first part of `bytes`, which must not be empty.
[[nodiscard]] Utf8Part first_part(std::string_view bytes);

}  // namespace vela::base
