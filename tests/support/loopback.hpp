#pragma once

#include <string>
#include <string_view>

#include "core/base/unique_fd.hpp"

// Blocking TCP on 127.0.0.1, for what stands between the program under test and its peer.
namespace vela::test {

struct LoopbackListener {
  base::UniqueFd socket;
  int port = 0;
};

// On a free port. A test without a socket is no test: throws.
[[nodiscard]] LoopbackListener listen_on_loopback();
// Not open when nobody listens there.
[[nodiscard]] base::UniqueFd connect_to_loopback(int port);

// Appends what comes next; false at the end.
bool receive(int socket, std::string& bytes);
// False when the peer took no more.
bool send_all(int socket, std::string_view bytes);

}  // namespace vela::test
