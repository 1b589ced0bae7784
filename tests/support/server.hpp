#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_dir.hpp"

namespace vela::test {

struct HttpReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // chunked coding taken off

  // "" when there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
};

// `vela-logs serve` on a loopback port of its own with a store of its own.
class Server {
 public:
  Server();
  // With its store at that path.
  explicit Server(std::string store);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::string& store() const { return store_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // SIGTERM; its exit code. Throws when it does not end in time.
  [[nodiscard]] int terminate();
  void kill9();
  // Again on the same port and store.
  void start();

  // Sends `bytes` as they are and reads the answer until the server closes.
  [[nodiscard]] HttpReply send_raw(const std::string& bytes) const;
  // Sends `bytes` as they are and reads until `text` has come, at most 20 s; all that came.
  [[nodiscard]] std::string read_until(const std::string& bytes, const std::string& text) const;
  // A whole request with Content-Length.
  [[nodiscard]] HttpReply request(const std::string& method, const std::string& path,
                                  const std::string& body = {},
                                  const std::vector<std::string>& headers = {}) const;
  // The same below the path of build octocat/hello/42.
  [[nodiscard]] HttpReply build(const std::string& method, const std::string& path,
                                const std::string& body = {},
                                const std::vector<std::string>& headers = {}) const;

 private:
  TempDir dir_;
  const std::string store_;
  pid_t pid_ = -1;
  int port_ = 0;
};

// Looks again and again until `predicate` holds; false when it did not within 20 s.
[[nodiscard]] bool eventually(const std::function<bool()>& predicate);

inline const std::string kBuildPath = "/api/v1/repos/octocat/hello/builds/42";

}  // namespace vela::test
