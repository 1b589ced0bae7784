#include "core/net/curl_loop.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

#include "core/base/assert.hpp"

namespace vela::net {

namespace asio = boost::asio;
using boost::system::error_code;

struct CurlLoop::Watch {
  Watch(const asio::any_io_executor& executor, curl_socket_t fd) : descriptor(executor, fd) {}
  ~Watch() { forget(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // The socket is curl's: Asio lets go of it and never closes it.
  void forget() {
    wanted = CURL_POLL_NONE;
    if (descriptor.is_open()) descriptor.release();
  }
  [[nodiscard]] bool wants(WaitType type) const {
    return ((type == asio::posix::stream_descriptor::wait_read ? CURL_POLL_IN : CURL_POLL_OUT) &
            wanted) != 0;
  }
  bool& is_waiting(WaitType type) {
    return type == asio::posix::stream_descriptor::wait_read ? is_waiting_in : is_waiting_out;
  }

  asio::posix::stream_descriptor descriptor;
  int wanted = CURL_POLL_NONE;
  bool is_waiting_in = false;
  bool is_waiting_out = false;
};

namespace {

constexpr auto kRead = asio::posix::stream_descriptor::wait_read;
constexpr auto kWrite = asio::posix::stream_descriptor::wait_write;

}  // namespace

void set_up_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  VELA_ASSERT(code == CURLE_OK);
}

CurlLoop::CurlLoop(asio::any_io_executor executor, OnActed on_acted, OnDone on_done)
    : executor_(std::move(executor)),
      on_acted_(std::move(on_acted)),
      on_done_(std::move(on_done)),
      timer_(executor_) {
  set_up_curl();
  multi_ = curl_multi_init();
  VELA_ASSERT(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlLoop::~CurlLoop() { close(); }

void CurlLoop::close() {
  if (multi_ == nullptr) return;
  ++timer_round_;
  timer_.cancel();
  for (const auto& [fd, watch] : watches_) watch->forget();
  watches_.clear();
  curl_multi_cleanup(std::exchange(multi_, nullptr));
}

bool CurlLoop::add(CURL* easy) { return curl_multi_add_handle(multi_, easy) == CURLM_OK; }

bool CurlLoop::add_connection(CURL* easy) {
  connections_.insert(easy);
  return add(easy);
}

void CurlLoop::remove(CURL* easy) {
  resumed_.erase(easy);
  connections_.erase(easy);
  if (multi_ != nullptr) curl_multi_remove_handle(multi_, easy);
}

// Posted, because curl hands over what it held back at once: the owner's hooks are called by the
// loop, never by the owner.
void CurlLoop::go_on(CURL* easy) {
  const bool is_posted = !resumed_.empty();
  resumed_.insert(easy);
  if (is_posted) return;
  asio::post(executor_, [self = shared_from_this()] { self->go_on_now(); });
}

void CurlLoop::go_on_now() {
  if (multi_ == nullptr) return;
  std::vector<std::pair<CURL*, CURLcode>> failed;
  is_acting_ = true;
  for (CURL* const easy : std::exchange(resumed_, {})) {
    const CURLcode code = curl_easy_pause(easy, CURLPAUSE_CONT);
    if (code != CURLE_OK) failed.emplace_back(easy, code);
  }
  is_acting_ = false;
  // A failure here is a hook's refusal of what was held back; curl itself would go on.
  for (const auto& [easy, code] : failed) end(easy, code);
  act(CURL_SOCKET_TIMEOUT, 0);  // they are due now
}

int CurlLoop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  static_cast<CurlLoop*>(self)->watch(fd, what);
  return 0;
}

int CurlLoop::on_timer(CURLM*, long timeout_ms, void* self) {
  static_cast<CurlLoop*>(self)->schedule(timeout_ms);
  return 0;
}

void CurlLoop::watch(curl_socket_t fd, int what) {
  if (multi_ == nullptr) return;
  auto found = watches_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    // Curl says so before it closes the socket, so its number is not another's yet.
    if (found == watches_.end()) return;
    found->second->forget();
    watches_.erase(found);
    return;
  }
  if (found == watches_.end()) {
    found = watches_.emplace(fd, std::make_shared<Watch>(executor_, fd)).first;
  }
  found->second->wanted = what;
  wait(found->second, kRead);
  wait(found->second, kWrite);
}

void CurlLoop::wait(const std::shared_ptr<Watch>& watch, WaitType type) {
  if (!watch->wants(type) || std::exchange(watch->is_waiting(type), true)) return;
  watch->descriptor.async_wait(type, [self = shared_from_this(), watch, type](error_code ec) {
    watch->is_waiting(type) = false;
    if (ec || !watch->wants(type)) return;
    self->act(watch->descriptor.native_handle(),
              type == kRead ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    self->wait(watch, type);
  });
}

void CurlLoop::schedule(long timeout_ms) {
  if (multi_ == nullptr) return;
  const std::uint64_t round = ++timer_round_;
  if (timeout_ms < 0) {
    timer_.cancel();
  } else if (timeout_ms == 0) {
    // What is due now need not pass through the timer queue.
    timer_.cancel();
    asio::post(executor_, [self = shared_from_this(), round] {
      if (self->timer_round_ == round) self->act(CURL_SOCKET_TIMEOUT, 0);
    });
  } else {
    timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    timer_.async_wait([self = shared_from_this(), round](error_code ec) {
      if (!ec && self->timer_round_ == round) self->act(CURL_SOCKET_TIMEOUT, 0);
    });
  }
}

void CurlLoop::act(curl_socket_t fd, int events) {
  if (multi_ == nullptr) return;
  int running = 0;
  is_acting_ = true;
  curl_multi_socket_action(multi_, fd, events, &running);
  is_acting_ = false;
  on_acted_();
  report_done();
}

void CurlLoop::end(CURL* easy, CURLcode code) {
  // libcurl would close the connection.
  if (code != CURLE_OK || !connections_.contains(easy)) remove(easy);
  on_done_(easy, code);
}

void CurlLoop::report_done() {
  int waiting = 0;
  while (multi_ != nullptr) {
    CURLMsg* const message = curl_multi_info_read(multi_, &waiting);
    if (message == nullptr) return;
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    end(easy, code);  // takes the message away
  }
}

}  // namespace vela::net
