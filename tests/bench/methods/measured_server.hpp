#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/methods/case.hpp"
#include "bench/methods/setting.hpp"

namespace vela::bench {

// The build that all cases write, each on a server of its own, and where it is on the wire.
inline constexpr std::string_view kBuild = "bench/methods/1";
inline constexpr std::string_view kBuildPath = "/api/v1/repos/bench/methods/builds/1";
// Of its step's log, as Vela's clients ask for it.
[[nodiscard]] std::string whole_log_path(int step);

// serve, or the stand-in for Vela's server: writers come by TCP, everything else (followers, and
// what is asked at the end) by a Unix socket, so that the loopback carries the writers' bytes
// alone.
class MeasuredServer {
 public:
  // Throws when it does not start.
  MeasuredServer(const Setting& setting, const Case& what);

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // As tail's --server takes it.
  [[nodiscard]] std::string socket_url() const { return "unix:" + socket_; }

  // Through the Unix socket; the body of a 200. Throws on anything else.
  [[nodiscard]] std::string ask(const std::string& method, const std::string& path) const;
  // Bytes that the logs of the case have. Throws when not all of them have been sealed; the
  // stand-in knows no seal.
  [[nodiscard]] double log_bytes(const Case& what) const;
  // Until it has nothing more to do: the sweep moves what was sealed.
  void wait_until_idle() const;
  // Ends it; bytes that its store has grown by, closed and without a write-ahead log.
  [[nodiscard]] double stop();

 private:
  const std::string store_;
  const std::string socket_;
  const double empty_store_bytes_;
  Process process_;
  const std::string url_;
  const std::uint16_t port_;
};

}  // namespace vela::bench
