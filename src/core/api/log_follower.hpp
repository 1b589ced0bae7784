#pragma once

#include <optional>
#include <string>

#include "core/api/event_encoder.hpp"
#include "core/api/event_loop.hpp"
#include "core/hub/log_hub.hpp"

namespace vela::api {

// Where a reader asked to begin.
struct FollowFrom {
  std::optional<logs::Cursor> cursor;       // generation and offset
  std::optional<logs::Offset> offset;       // in whatever generation there is
  std::optional<std::uint64_t> last_lines;  // from the last N lines, when neither is given
};

// One reader's place in one log: pulls what is new and writes it as events. The log never waits for
// it.
class LogFollower final : public EventSource {
 public:
  LogFollower(hub::LogHub& hub, hub::HubLogPtr log, std::unique_ptr<EventEncoder> encoder);

  // Resolves the place and writes `hello`. Errors: of the store.
  [[nodiscard]] async::Awaitable<Result<void>> begin(std::string& out, FollowFrom from);
  // At most about 256 KiB of output a call.
  [[nodiscard]] async::Awaitable<Result<void>> pull(std::string& out) override;

  [[nodiscard]] bool has_news() const override;
  [[nodiscard]] bool has_ended() const override { return has_ended_; }
  [[nodiscard]] async::Notifier& changed() override { return log_->changed; }
  void on_sent() override;
  // With the state while the log is open.
  void put_heartbeat(std::string& out) override;
  void put_state(std::string& out);

  // The reader has the end already: nothing is told until the log is begun again.
  void skip_end() { has_ended_ = true; }
  [[nodiscard]] logs::Cursor cursor() const { return cursor_; }
  [[nodiscard]] const hub::HubLogPtr& log() const { return log_; }

 private:
  [[nodiscard]] async::Awaitable<Result<void>> place(FollowFrom from);
  [[nodiscard]] bool is_over() const;
  void take_generation(std::string& out);
  void put_end(std::string& out);
  void count_pulled(const std::vector<logs::ChunkSlice>& slices);

  hub::LogHub& hub_;
  hub::HubLogPtr log_;
  hub::FollowerMark mark_;
  std::unique_ptr<EventEncoder> encoder_;
  logs::Cursor cursor_;
  logs::LogState told_state_ = logs::LogState::pending;
  bool has_ended_ = false;
  // What came from here on came while this follower was there; what lies below says nothing of lag.
  logs::Offset live_from_ = 0;
  std::optional<logs::TimeMark> oldest_pulled_;  // of what is not sent yet, at its first byte
};

}  // namespace vela::api
