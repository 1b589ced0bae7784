#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/query.hpp"

namespace vela::logs {

// Position of a byte in a log, from 0.
using Offset = std::uint64_t;
// A number of bytes of a log.
using ByteCount = std::uint64_t;

// Puts the number that the parameter holds into `value`; leaves it alone when there is no such
// parameter. Errors: invalid, naming the parameter and what it should be: "a number of bytes".
[[nodiscard]] Result<void> read_number(const base::Query& query, std::string_view name,
                                       std::string_view expected,
                                       std::optional<std::uint64_t>& value);

// (number, cut): the number rises when bytes that a reader may have seen can change; bytes below
// the cut stay. The first generation of a log is (1, 0).
struct Generation {
  std::uint64_t number = 1;
  Offset cut = 0;

  friend bool operator==(const Generation&, const Generation&) = default;
};

// What a reader holds: the next byte it wants and the generation in which it read the ones before.
// Written as "generation-offset": "1-8192".
struct Cursor {
  std::uint64_t generation = 1;
  Offset offset = 0;

  [[nodiscard]] static std::optional<Cursor> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

}  // namespace vela::logs
