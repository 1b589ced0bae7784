#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/net/http_client.hpp"

namespace vela::net {

// What a client shows a server to be let in: "Authorization: Bearer …". No message holds it.
class BearerToken {
 public:
  // None: requests stay as they are.
  BearerToken() = default;

  // From `file` if that is not empty, else `text`; both empty means none. Blocking: reads the file.
  // Errors: unavailable (the file can't be read), invalid (what is there is no token).
  [[nodiscard]] static Result<BearerToken> load(std::string file, std::string_view text);

  // Reads the file again, if there is one. True when the token is another one now; a file that
  // holds none at the moment leaves the old one. Blocking, as load().
  bool reload();

  void add_to(ClientRequest& request) const;

 private:
  std::string file_;
  std::string token_;
};

}  // namespace vela::net
