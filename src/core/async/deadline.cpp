#include "core/async/deadline.hpp"

#include <optional>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace vela::async {

struct Deadline::State : std::enable_shared_from_this<Deadline::State> {
  State(const boost::asio::any_io_executor& executor, std::function<void()> callback)
      : timer(executor), on_expired(std::move(callback)) {}

  void arm(base::SteadyTime at) {
    armed_for = at;
    timer.expires_at(at);  // cancels the wait before, whose handler then does nothing
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
      if (!ec) self->on_timer();
    });
  }

  void on_timer() {
    armed_for.reset();
    if (!limit || !on_expired) return;
    if (*limit > base::steady_now()) {
      arm(*limit);
      return;
    }
    limit.reset();
    has_expired = true;
    on_expired();
  }

  boost::asio::steady_timer timer;
  std::function<void()> on_expired;
  std::optional<base::SteadyTime> limit;
  std::optional<base::SteadyTime> armed_for;
  bool has_expired = false;
};

Deadline::Deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_expired)
    : state_(std::make_shared<State>(executor, std::move(on_expired))) {}

Deadline::~Deadline() {
  state_->on_expired = nullptr;
  state_->limit.reset();
  state_->timer.cancel();
}

void Deadline::set(std::chrono::milliseconds after) {
  state_->has_expired = false;
  state_->limit = base::steady_now() + after;
  if (!state_->armed_for || *state_->armed_for > *state_->limit) state_->arm(*state_->limit);
}

void Deadline::clear() {
  state_->has_expired = false;
  state_->limit.reset();
}

bool Deadline::has_expired() const { return state_->has_expired; }

}  // namespace vela::async
