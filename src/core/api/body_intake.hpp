#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/hub/log_hub.hpp"
#include "core/logs/wire_frames.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// Takes a writing request's body to its log: decodes raw bytes or frames, keeps the body's own
// cursor, places each piece as it comes. After a refusal or a fault the rest is ignored.
class BodyIntake final : public net::BodySink, private logs::FrameSink {
 public:
  BodyIntake(hub::LogHub& hub, hub::HubLogPtr log, const logs::WriterId& writer,
             logs::Offset offset, bool is_framed)
      : hub_(hub), log_(std::move(log)), writer_(writer), cursor_(offset), is_framed_(is_framed) {}

  void on_body(std::string_view bytes) override;

  // Where the next payload byte of the body goes.
  [[nodiscard]] logs::Offset cursor() const { return cursor_; }

  // From now on bytes are counted and not taken.
  void ignore_rest() { ignores_ = true; }

  [[nodiscard]] const std::optional<hub::Refusal>& refusal() const { return refusal_; }
  // What is wrong with the frames.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  // Nothing when the body ended in good order, else what is wrong with its end.
  [[nodiscard]] std::optional<Error> end_fault() const;
  [[nodiscard]] bool has_failed() const { return refusal_ || fault_; }

  // From the first to the last byte of the body.
  [[nodiscard]] std::chrono::milliseconds received_over() const;

 private:
  void on_output(base::WallTime time, logs::Stream stream, std::string_view bytes) override;
  void on_event(std::string_view json) override;
  void place(std::string_view bytes);

  hub::LogHub& hub_;
  hub::HubLogPtr log_;
  const logs::WriterId writer_;
  logs::Offset cursor_;  // of the next payload byte of this body
  const bool is_framed_;
  bool ignores_ = false;

  logs::FrameDecoder decoder_;
  // What one call of on_body decoded: placed at once, so that its frames share one chunk.
  std::string payload_;
  std::vector<logs::TimeMark> marks_;

  std::optional<hub::Refusal> refusal_;
  std::optional<Error> fault_;
  std::optional<base::SteadyTime> first_;
  base::SteadyTime last_;
};

}  // namespace vela::api
