#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "support/loopback.hpp"

namespace vela::test {

// How a network treats what passes.
struct Weather {
  enum class Flow {
    pass,
    drop,   // bytes and closes vanish; a connection that lost some never recovers: half-open
    stall,  // nothing moves and nothing is lost
  };
  Flow flow = Flow::pass;
  std::size_t bytes_per_second = 0;  // of each way of each connection; 0: no limit
  std::chrono::milliseconds delay{0};
  // As a proxy that buffers: a message goes on when all of it is there. A request that is cut goes
  // nowhere, a response that ends with its connection goes on then.
  bool holds_requests = false;
  bool holds_responses = false;
};

// A TCP proxy on a loopback port of its own, before a server on another one.
//
// Executor: any thread; the proxy runs on its own.
// Limits:   HTTP/1.1 without HEAD, where it is to find the ends of messages.
class ChaosProxy {
 public:
  explicit ChaosProxy(int server_port);
  ~ChaosProxy();  // closes all connections
  ChaosProxy(const ChaosProxy&) = delete;
  ChaosProxy& operator=(const ChaosProxy&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(listener_.port);
  }

  // From now on, for the connections there are too.
  void set(const Weather& weather);
  // Resets all connections there are.
  void reset_all();
  [[nodiscard]] std::size_t connections_seen() const { return seen_; }

 private:
  class Connection;

  void run();
  void accept_one();
  void wake();

  const int server_port_;
  LoopbackListener listener_;
  base::UniqueFd wake_;
  std::atomic<std::size_t> seen_{0};
  // Guarded by mutex_.
  std::mutex mutex_;
  Weather weather_;
  bool wants_reset_ = false;
  bool wants_end_ = false;

  std::vector<std::unique_ptr<Connection>> connections_;  // thread_ alone
  std::thread thread_;                                    // last: it uses the others
};

}  // namespace vela::test
