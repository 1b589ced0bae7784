#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

namespace vela::net {

struct CurlEasyDelete {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDelete>;

// Sets libcurl up for the process, once.
void set_up_curl();

// Runs transfers of libcurl on an Asio loop: curl says which sockets and which moment it wants to
// hear of, Asio watches, https://curl.se/libcurl/c/curl_multi_socket_action.html
//
// Executor: all calls on the thread of `executor`; curl's callbacks run there too, and only from
//           the loop: never from within add(), go_on() or remove().
// Lifetime: held by its owner and by the waits under way; close() before the owner lets go.
class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  // `on_acted`: some of curl's callbacks may have run.
  using OnActed = std::function<void()>;
  // `on_done`: this transfer has ended and is no longer the loop's (but see add_connection).
  using OnDone = std::function<void(CURL*, CURLcode)>;

  CurlLoop(boost::asio::any_io_executor executor, OnActed on_acted, OnDone on_done);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  // False when curl is out of memory.
  [[nodiscard]] bool add(CURL* easy);
  // The same for one with CURLOPT_CONNECT_ONLY: a connection that was made stays open, and the
  // handle the loop's, until remove().
  [[nodiscard]] bool add_connection(CURL* easy);
  // Ends a transfer; not to be called from curl's own callbacks.
  void remove(CURL* easy);
  // Goes on, soon, with a transfer that paused itself.
  void go_on(CURL* easy);
  // Whether one of curl's callbacks is running.
  [[nodiscard]] bool is_in_callback() const { return is_acting_; }
  // Closes all connections. No call but the destructor's may follow.
  void close();

 private:
  // One socket that curl wants watched. Owned by the map and by its waits under way.
  struct Watch;
  using WaitType = boost::asio::posix::stream_descriptor::wait_type;

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* unused);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);

  void watch(curl_socket_t fd, int what);
  void wait(const std::shared_ptr<Watch>& watch, WaitType type);
  void schedule(long timeout_ms);
  void act(curl_socket_t fd, int events);
  void go_on_now();
  void end(CURL* easy, CURLcode code);
  void report_done();

  boost::asio::any_io_executor executor_;
  OnActed on_acted_;
  OnDone on_done_;
  CURLM* multi_ = nullptr;  // nothing after close()
  boost::asio::steady_timer timer_;
  std::uint64_t timer_round_ = 0;  // a timer set again makes the one before void
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::unordered_set<CURL*> resumed_;
  std::unordered_set<CURL*> connections_;  // being made, or open
  bool is_acting_ = false;
};

}  // namespace vela::net
