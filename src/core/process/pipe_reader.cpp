#include "core/process/pipe_reader.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/async/ready_watch.hpp"
#include "core/base/clock.hpp"

namespace vela::process {
namespace {

// A pipe's usual capacity, and large enough that the cost of a read is that of its bytes.
constexpr std::size_t kBufferBytes = 64 * 1024;

// How long bytes gather after a read that emptied the pipe. Shorter saves less, longer begins to
// show.
constexpr std::chrono::microseconds kGather{200};

Error canceled() { return Error(ErrorCode::canceled, "canceled"); }

}  // namespace

class PipeReader::Impl {
 public:
  Impl(const boost::asio::any_io_executor& executor, base::UniqueFd fd)
      : fd_(std::move(fd)),
        ready_(executor, fd_.get(), async::ReadyWatch::Direction::reading),
        gather_(executor) {}

  async::Awaitable<Result<std::string_view>> read() {
    is_canceled_ = false;
    const Result<void> rested = co_await rest();
    if (!rested) co_return rested.error();
    while (true) {
      if (!ready_.is_ready()) {
        const Result<void> ready = co_await ready_.wait();
        if (!ready) co_return ready.error();
      }
      const ssize_t length = ::read(fd_.get(), buffer_.data(), buffer_.size());
      if (length < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (length < 0) co_return errno_error(ErrorCode::unavailable, "reading the output", errno);
      has_read_ = true;
      is_emptied_ = static_cast<std::size_t>(length) < buffer_.size();
      gather_until_ = base::steady_now() + kGather;
      co_return std::string_view(buffer_.data(), static_cast<std::size_t>(length));
    }
  }

  void cancel() {
    is_canceled_ = true;
    gather_.cancel();
    ready_.cancel();
  }

 private:
  // Between two reads: lets bytes gather when the last one took all there were, else gives others a
  // turn, since a source that is always ready would keep the loop to itself.
  async::Awaitable<Result<void>> rest() {
    if (!has_read_) co_return Result<void>();
    if (is_emptied_ && ready_.can_wait()) {
      gather_.expires_at(gather_until_);
      const auto [ec] = co_await gather_.async_wait(async::kUse);
      if (ec) co_return canceled();
    } else {
      co_await boost::asio::post(gather_.get_executor(), boost::asio::use_awaitable);
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) co_return canceled();
    }
    if (is_canceled_) co_return canceled();
    co_return Result<void>();
  }

  base::UniqueFd fd_;
  async::ReadyWatch ready_;
  boost::asio::steady_timer gather_;
  base::SteadyTime gather_until_;
  bool has_read_ = false;
  bool is_emptied_ = false;   // the last read found less than it had room for
  bool is_canceled_ = false;  // cancel() came during this read
  std::array<char, kBufferBytes> buffer_{};
};

PipeReader::PipeReader(boost::asio::any_io_executor executor, base::UniqueFd fd)
    : impl_(std::make_unique<Impl>(executor, std::move(fd))) {}

PipeReader::~PipeReader() = default;
PipeReader::PipeReader(PipeReader&&) noexcept = default;

async::Awaitable<Result<std::string_view>> PipeReader::read() { return impl_->read(); }

void PipeReader::cancel() { impl_->cancel(); }

}  // namespace vela::process
