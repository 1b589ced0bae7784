#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/base/error.hpp"
#include "core/hub/log_hub.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// What an open stream of events tells: one log, or all of a build.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Writes what is new; nothing when there is nothing. Errors: of the store.
  [[nodiscard]] virtual async::Awaitable<Result<void>> pull(std::string& out) = 0;
  // Whether pull() would write something now. Looked at right before waiting for changed().
  [[nodiscard]] virtual bool has_news() const = 0;
  [[nodiscard]] virtual bool has_ended() const = 0;
  [[nodiscard]] virtual async::Notifier& changed() = 0;
  // What pull() has written since was sent.
  virtual void on_sent() = 0;
  virtual void put_heartbeat(std::string& out) = 0;
};

// Answers with `out` and what `source` tells.
//
// Without `wait`: all of it, as it comes, until it has ended, the reader is gone, or we shut down.
// What came together is one write; a reader that does not read is waited for and costs nobody else.
//
// With `wait`, a long poll: what there is, as soon as there is something, after `wait` at the
// latest; a whole answer with Content-Length, which passes where an open one is held back.
[[nodiscard]] async::Awaitable<void> tell_events(hub::LogHub& hub, net::Exchange& exchange,
                                                 EventSource& source, std::string_view content_type,
                                                 std::optional<std::chrono::seconds> wait,
                                                 std::string out);

}  // namespace vela::api
