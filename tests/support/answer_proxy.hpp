#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <string>
#include <thread>

#include "core/base/unique_fd.hpp"
#include "support/loopback.hpp"

namespace vela::test {

// A proxy on a loopback port that does to open answers, those without Content-Length, what some
// real ones do. Requests have no body; each gets a connection of its own.
class AnswerProxy {
 public:
  enum class Fault {
    holds,      // passes an open answer on when it has ended, not before
    truncates,  // ends it cleanly after `most_bytes` of its body
  };

  AnswerProxy(int server_port, Fault fault, std::size_t most_bytes = 0);
  ~AnswerProxy();
  AnswerProxy(const AnswerProxy&) = delete;
  AnswerProxy& operator=(const AnswerProxy&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(listener_.port);
  }
  [[nodiscard]] int open_answers() const { return open_answers_; }
  [[nodiscard]] int whole_answers() const { return whole_answers_; }

 private:
  void accept_all();
  void serve(int client);
  void pass_open(int client, int upstream, std::string answer, std::size_t head_bytes) const;

  const int server_port_;
  const Fault fault_;
  const std::size_t most_bytes_;
  LoopbackListener listener_;
  base::UniqueFd stop_;  // readable once the proxy goes
  std::atomic<int> open_answers_ = 0;
  std::atomic<int> whole_answers_ = 0;
  std::thread acceptor_;
  std::list<std::thread> connections_;  // of the acceptor, until it has ended
};

}  // namespace vela::test
