#include "core/process/signal_watch.hpp"

#include <signal.h>

#include <boost/asio/signal_set.hpp>

namespace vela::process {

class SignalWatch::Impl {
 public:
  explicit Impl(const boost::asio::any_io_executor& executor) : signals(executor) {}

  boost::asio::signal_set signals;
};

SignalWatch::SignalWatch(boost::asio::any_io_executor executor, std::initializer_list<int> signals)
    : impl_(std::make_unique<Impl>(executor)) {
  for (const int signal : signals) impl_->signals.add(signal);
}

SignalWatch::~SignalWatch() = default;

async::Awaitable<Result<int>> SignalWatch::next() {
  const auto [ec, signal] = co_await impl_->signals.async_wait(async::kUse);
  if (ec) co_return Error(ErrorCode::canceled, "canceled");
  co_return signal;
}

void SignalWatch::cancel() {
  boost::system::error_code ec;
  impl_->signals.cancel(ec);
}

void ignore_sigpipe() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace vela::process
