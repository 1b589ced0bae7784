#pragma once

#include <string>

#include "core/base/unique_fd.hpp"

namespace vela::test {

// Where a service manager hears its services: bound to a path or, with '@' before it, to an
// abstract name, as NOTIFY_SOCKET has them.
class SupervisorSocket {
 public:
  explicit SupervisorSocket(const std::string& name);

  // The next message; throws when none comes in time.
  [[nodiscard]] std::string receive();
  [[nodiscard]] bool has_more() const;

 private:
  base::UniqueFd fd_;
};

}  // namespace vela::test
