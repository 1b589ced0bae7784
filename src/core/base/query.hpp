#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"

namespace vela::base {

// invalid: "bad parameter offset: expected a number of bytes"; `what` names the part of a request.
[[nodiscard]] Error bad_value(std::string_view what, std::string_view expected);

// The query of a request target, decoded: "offset=3&final=1".
class Query {
 public:
  Query() = default;
  // Errors: invalid, for characters or percent-escapes that RFC 3986 does not allow there.
  [[nodiscard]] static Result<Query> parse(std::string_view text);

  // The first parameter of that name; an empty string when it stands without a value.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  // Adds at the end.
  void add(std::string name, std::string value);
  // "name=value&…", percent-encoded.
  [[nodiscard]] std::string to_string() const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace vela::base
