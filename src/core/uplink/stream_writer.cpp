#include "core/uplink/stream_writer.hpp"

#include <chrono>
#include <cstring>
#include <utility>

#include "core/uplink/frame_filling.hpp"

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""s;

// The server holds back the answer at most 2 s; full socket buffers move within seconds unless the
// peer is gone or holds us off on purpose.
constexpr auto kNoProgress = 30s;

}  // namespace

StreamWriter::StreamWriter(boost::asio::any_io_executor executor, net::HttpClient& client,
                           const Target& target, DeliveryMachine& machine)
    : client_(client),
      target_(target),
      machine_(machine),
      pause_(executor, [this] { wake(); }),
      progress_(executor, [this] {
        is_stuck_ = true;
        client_.cancel(*this);
      }) {}

async::Awaitable<Reply> StreamWriter::run(OpenStream stream) {
  encoder_ = logs::FrameEncoder();
  is_paused_ = is_stuck_ = false;
  net::ClientRequest request = stream_request(target_, stream);
  const Result<net::ClientReply> reply = co_await client_.perform(std::move(request), this);
  pause_.clear();
  progress_.clear();
  is_paused_ = false;
  if (is_stuck_) co_return Failure{"the server took nothing for 30 s"};
  co_return to_reply(reply, target_.log.to_string());
}

void StreamWriter::wake() {
  if (!std::exchange(is_paused_, false)) return;
  client_.resume(*this);
}

std::optional<std::size_t> StreamWriter::on_upload(char* room, std::size_t size) {
  const base::SteadyTime now = base::steady_now();
  const StreamStep step = machine_.next_upload(now);
  switch (step.kind) {
    case StreamStep::Kind::bytes: {
      frames_.clear();
      const logs::Offset upto =
          fill_frames(frames_, size, encoder_, machine_.spool(), step.from, step.to);
      std::memcpy(room, frames_.data(), frames_.size());
      machine_.on_uploaded(upto, now);
      progress_.set(kNoProgress);
      return frames_.size();
    }
    case StreamStep::Kind::pause:
      is_paused_ = true;
      progress_.clear();
      pause_.set(std::chrono::ceil<std::chrono::milliseconds>(step.until - now));
      return std::nullopt;
    case StreamStep::Kind::close:
      break;
  }
  progress_.set(kNoProgress);
  return 0;
}

}  // namespace vela::uplink
