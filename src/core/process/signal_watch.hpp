#pragma once

#include <initializer_list>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"

namespace vela::process {

// Signals of this process as something to wait for.
class SignalWatch {
 public:
  // From now on these signals no longer act by default.
  SignalWatch(boost::asio::any_io_executor executor, std::initializer_list<int> signals);
  ~SignalWatch();

  // The next of them. Errors: canceled.
  [[nodiscard]] async::Awaitable<Result<int>> next();
  void cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A write to a pipe nobody reads fails with EPIPE instead of ending the program. Call at start.
void ignore_sigpipe();

}  // namespace vela::process
