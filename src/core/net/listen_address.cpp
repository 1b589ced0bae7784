#include "core/net/listen_address.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "core/base/number.hpp"

namespace vela::net {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kExamples =
    "expected HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH, for example 127.0.0.1:8080";

Error invalid_address(std::string_view text) {
  return Error(ErrorCode::invalid,
               "bad listen address \"" + std::string(text) + "\": " + std::string(kExamples));
}

// Of an address of `size` bytes.
std::string unix_url_of(const sockaddr_un& bound, socklen_t size) {
  std::string path(bound.sun_path,
                   size - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path)));
  if (!path.empty() && path.front() == '\0') {
    path.front() = '@';
  } else {
    path.resize(std::strlen(path.c_str()));
  }
  return std::string(kUnixPrefix) + path;
}

std::string url_of(const sockaddr_storage& bound) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (bound.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(bound);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host.data(), host.size());
    return "http://[" + std::string(host.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(bound);
  ::inet_ntop(AF_INET, &v4.sin_addr, host.data(), host.size());
  return "http://" + std::string(host.data()) + ":" + std::to_string(ntohs(v4.sin_port));
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                    std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) {
    return Error(ErrorCode::invalid, "cannot listen on " + host + ": " + ::gai_strerror(failure));
  }
  return AddressList(found, &::freeaddrinfo);
}

const addrinfo* find_family(const addrinfo* list, int family) {
  while (list != nullptr && list->ai_family != family) list = list->ai_next;
  return list;
}

// A name: IPv4 first, as most people mean it. All addresses: IPv6, which takes IPv4 with it.
const addrinfo* choose(const addrinfo* list, bool is_all) {
  const addrinfo* chosen = find_family(list, is_all ? AF_INET6 : AF_INET);
  return chosen != nullptr ? chosen : list;
}

Result<base::UniqueFd> bind_and_listen(const addrinfo& address, const std::string& what) {
  base::UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return errno_error(ErrorCode::unavailable, what, errno);
  const int on = 1;
  const int off = 0;
  // A restart must not wait for the connections of the process before to leave TIME_WAIT.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (::bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    if (errno == EADDRINUSE) {
      return Error(ErrorCode::conflict, what + ": the port is taken; stop what listens there, or " +
                                            "choose another port (port 0 picks a free one)");
    }
    if (errno == EACCES) {
      return Error(ErrorCode::unavailable,
                   what + ": Permission denied; a port below 1024 takes root or " +
                       "CAP_NET_BIND_SERVICE: choose a higher one, or grant that");
    }
    return errno_error(errno == EADDRNOTAVAIL ? ErrorCode::invalid : ErrorCode::unavailable, what,
                       errno);
  }
  return fd;
}

// Whether the file at `address` is a socket that nobody listens to.
bool is_stale(const sockaddr_un& address) {
  struct stat file{};
  if (::lstat(address.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const base::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress address;
  if (text.substr(0, kUnixPrefix.size()) == kUnixPrefix) {
    address.unix_path = text.substr(kUnixPrefix.size());
    if (address.unix_path.empty() || address.unix_path.find('\0') != std::string::npos) {
      return invalid_address(text);
    }
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == text.npos) return invalid_address(text);
  std::string_view host = text.substr(0, colon);
  const auto port =
      base::parse_number(text.substr(colon + 1), std::numeric_limits<std::uint16_t>::max());
  if (!port) return invalid_address(text);
  address.port = static_cast<std::uint16_t>(*port);
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return invalid_address(text);
    host = host.substr(1, host.size() - 2);
    boost::system::error_code not_v6;
    static_cast<void>(boost::asio::ip::make_address_v6(host, not_v6));
    if (not_v6) return invalid_address(text);
  } else if (host.find_first_of(":/[] ") != host.npos) {
    return invalid_address(text);  // an IPv6 address without brackets, a URL
  }
  address.host = host;
  return address;
}

Result<ListenSocket> ListenSocket::open(const ListenAddress& address) {
  return address.unix_path.empty() ? open_tcp(address) : open_unix(address.unix_path);
}

Result<ListenSocket> ListenSocket::open_tcp(const ListenAddress& address) {
  auto found = look_up(address.host, address.port);
  if (!found) return found.error();
  const bool is_all = address.host.empty();
  const std::string what = "cannot listen on " + address.host + ":" + std::to_string(address.port);
  const addrinfo* chosen = choose(found->get(), is_all);
  auto fd = bind_and_listen(*chosen, what);
  if (!fd && is_all && fd.error().code() != ErrorCode::conflict) {
    // The kernel knows IPv6 by name only.
    if (const addrinfo* v4 = find_family(found->get(), AF_INET)) fd = bind_and_listen(*v4, what);
  }
  if (!fd) return fd.error();
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd->get(), reinterpret_cast<sockaddr*>(&bound), &size);
  ListenSocket socket;
  socket.fd_ = std::move(*fd);
  socket.url_ = url_of(bound);
  return socket;
}

Result<ListenSocket> ListenSocket::open_unix(const std::string& path) {
  const std::string what = "cannot listen on unix:" + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error(ErrorCode::invalid, what + ": the path is longer than " +
                                         std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (is_stale(address)) ::unlink(path.c_str());

  ListenSocket socket;
  socket.fd_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.fd_.is_open()) return errno_error(ErrorCode::unavailable, what, errno);
  if (::bind(socket.fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EADDRINUSE) {
      return Error(ErrorCode::conflict, what +
                                            ": another server listens there, or the file is not " +
                                            "a socket; choose another path");
    }
    if (errno == ENOENT) {
      const std::string directory = path.substr(0, path.rfind('/'));
      return Error(ErrorCode::unavailable, what + ": the directory " + directory +
                                               " does not exist; create it with: mkdir -p " +
                                               directory);
    }
    return errno_error(ErrorCode::unavailable, what, errno);
  }
  struct stat file{};
  if (::lstat(path.c_str(), &file) == 0) {
    socket.unix_path_ = path;
    socket.device_ = file.st_dev;
    socket.inode_ = file.st_ino;
  }
  if (::listen(socket.fd_.get(), SOMAXCONN) != 0) {
    return errno_error(ErrorCode::unavailable, what, errno);
  }
  socket.url_ = std::string(kUnixPrefix) + path;
  return socket;
}

Result<ListenSocket> ListenSocket::adopt(base::UniqueFd fd) {
  const auto option = [&fd](int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd.get(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
  };
  const int family = option(SO_DOMAIN);
  const bool is_known = family == AF_INET || family == AF_INET6 || family == AF_UNIX;
  if (!is_known || option(SO_TYPE) != SOCK_STREAM || option(SO_ACCEPTCONN) != 1) {
    return Error(ErrorCode::invalid,
                 "descriptor " + std::to_string(fd.get()) +
                     " that was passed to us is not a stream socket that listens; in a socket unit "
                     "write ListenStream= and Accept=no");
  }
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  ListenSocket socket;
  socket.fd_ = std::move(fd);
  socket.url_ = family == AF_UNIX ? unix_url_of(reinterpret_cast<const sockaddr_un&>(bound), size)
                                  : url_of(bound);
  return socket;
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::move(other.fd_)),
      url_(std::move(other.url_)),
      unix_path_(std::exchange(other.unix_path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

ListenSocket::~ListenSocket() {
  struct stat file{};
  if (unix_path_.empty() || ::lstat(unix_path_.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == inode_) ::unlink(unix_path_.c_str());
}

}  // namespace vela::net
