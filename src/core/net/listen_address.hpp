#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

// Where a server listens, and the socket that does.
namespace vela::net {

struct ListenAddress {
  std::string host;  // "" for all addresses; without brackets
  std::uint16_t port = 0;
  std::string unix_path;  // when set, the other two mean nothing

  // "HOST:PORT", "[V6]:PORT", ":PORT" or "unix:PATH". Errors: invalid, with valid examples.
  [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);
};

// A listening socket, non-blocking and closed on exec. Takes the file of a Unix socket away when it
// goes, unless another server has put its own there since.
class ListenSocket {
 public:
  // Of the addresses that a name has, the first IPv4 one is taken, else the first. The file of a
  // Unix socket that nobody listens to any more is replaced.
  // Blocking: a name may be looked up.
  // Errors:   conflict (in use), invalid (no such address here, path too long), unavailable.
  [[nodiscard]] static Result<ListenSocket> open(const ListenAddress& address);

  // A listening stream socket that somebody else has opened; its file is theirs. Closes `fd` if it
  // is none. Errors: invalid.
  [[nodiscard]] static Result<ListenSocket> adopt(base::UniqueFd fd);

  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // What a client would write: "http://127.0.0.1:40123", "unix:/run/x"; "unix:@x" for an abstract
  // one.
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  ListenSocket() = default;

  [[nodiscard]] static Result<ListenSocket> open_unix(const std::string& path);
  [[nodiscard]] static Result<ListenSocket> open_tcp(const ListenAddress& address);

  base::UniqueFd fd_;
  std::string url_;
  std::string unix_path_;  // "" for TCP
  // Which file is ours: the path alone may mean another server's by now.
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace vela::net
