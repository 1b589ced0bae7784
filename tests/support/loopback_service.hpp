#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "support/loopback.hpp"

namespace vela::test {

// Accepts on a loopback port of its own and serves each connection on a thread of its own.
class LoopbackService {
 public:
  // A socket of a connection that is being served: shut down when the service ends, so that whoever
  // waits on it goes on. The socket outlives it.
  class Open {
   public:
    Open(LoopbackService& service, int socket);
    ~Open();
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;

   private:
    LoopbackService& service_;
    const int socket_;
  };

  // `serve` owns the socket that it is given, and says by Open what it waits on.
  explicit LoopbackService(std::function<void(base::UniqueFd client)> serve);
  // Waits for those that are being served.
  ~LoopbackService();
  LoopbackService(const LoopbackService&) = delete;
  LoopbackService& operator=(const LoopbackService&) = delete;

  [[nodiscard]] int port() const { return listener_.port; }

 private:
  void accept_all();

  const std::function<void(base::UniqueFd client)> serve_;
  LoopbackListener listener_;
  std::list<std::thread> threads_;  // of acceptor_, until that has ended

  std::mutex mutex_;
  // Guarded by mutex_.
  std::list<int> open_;
  bool is_ended_ = false;

  std::thread acceptor_;
};

}  // namespace vela::test
