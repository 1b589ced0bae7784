#include "core/uplink/probe_writer.hpp"

#include <cstring>
#include <string_view>
#include <utility>

#include "core/base/assert.hpp"
#include "core/logs/wire_frames.hpp"

namespace vela::uplink {

ProbeWriter::ProbeWriter(boost::asio::any_io_executor executor, net::HttpClient& client,
                         const Target& target)
    : client_(client),
      target_(target),
      step_(executor,
            [this] {
              is_step_due_ = true;
              client_.resume(*this);
            }),
      limit_(executor, [this] {
        is_late_ = true;
        client_.cancel(*this);
      }) {}

async::Awaitable<ProbeReply> ProbeWriter::run(Probe probe) {
  body_ = logs::encode_body(probe.bytes);
  first_piece_.reset();
  second_piece_.reset();
  end_.reset();
  is_step_due_ = is_late_ = false;
  net::ClientRequest request = probe_request(target_, probe);
  const Result<net::ClientReply> reply = co_await client_.perform(std::move(request), this);
  step_.clear();
  limit_.clear();
  ProbeReply result;
  result.was_sent = first_piece_.has_value();
  if (first_piece_) result.answer = since_first();
  result.second_piece = second_piece_.value_or(result.answer);
  result.end = end_.value_or(result.answer);
  result.reply =
      is_late_ ? Reply(Failure{"no answer in time"}) : to_reply(reply, target_.log.to_string());
  co_return result;
}

std::chrono::microseconds ProbeWriter::since_first() const {
  return base::time_since(*first_piece_);
}

void ProbeWriter::pause() {
  is_step_due_ = false;
  step_.set(kProbeStep);
}

std::optional<std::size_t> ProbeWriter::on_upload(char* room, std::size_t size) {
  const std::size_t half = body_.size() / 2;
  VELA_ASSERT(half != 0 && body_.size() <= size);
  std::string_view piece;
  if (!first_piece_) {
    first_piece_ = base::steady_now();
    limit_.set(kProbeLimit);
    piece = std::string_view(body_).substr(0, half);
  } else if (!is_step_due_) {
    return std::nullopt;
  } else if (!second_piece_) {
    second_piece_ = since_first();
    piece = std::string_view(body_).substr(half);
  } else {
    end_ = since_first();
    return 0;
  }
  pause();
  std::memcpy(room, piece.data(), piece.size());
  return piece.size();
}

}  // namespace vela::uplink
