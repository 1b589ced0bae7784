#pragma once

#include <chrono>
#include <optional>

#include "core/async/awaitable.hpp"
#include "core/hub/log_hub.hpp"
#include "core/net/http_server.hpp"

// How every request that writes begins and ends, whatever its body is like.
namespace vela::api {

// How long an answer waits for a commit that the writer asked for.
inline constexpr std::chrono::seconds kStoredLimit{2};

// A writer that was let in, or why it was not.
struct Admission {
  hub::HubLogPtr log;     // null: refused
  net::Response refusal;  // then what to answer
};

// Opens the log and makes the writer its owner. `claim` lives until this has returned.
[[nodiscard]] async::Awaitable<Admission> admit(hub::LogHub& hub, logs::LogId id,
                                                const hub::WriterClaim& claim);

// Ends an anonymous writer's ownership with its request, on every way out.
class OwnershipEnd {
 public:
  OwnershipEnd(hub::LogHub& hub, hub::HubLogPtr log, const logs::WriterId& writer)
      : hub_(hub), log_(std::move(log)), writer_(writer) {}
  ~OwnershipEnd() { hub_.release(log_, writer_); }
  OwnershipEnd(const OwnershipEnd&) = delete;
  OwnershipEnd& operator=(const OwnershipEnd&) = delete;

 private:
  hub::LogHub& hub_;
  hub::HubLogPtr log_;
  logs::WriterId writer_;
};

// Seals the log when there is a seal, and waits, at most kStoredLimit, until that, or what was
// received below `durable_until`, is stored. Nothing when that went well, else the refusal. `seal`
// lives until this has returned.
[[nodiscard]] async::Awaitable<std::optional<net::Response>> settle(
    hub::LogHub& hub, hub::HubLogPtr log, logs::WriterId writer,
    const std::optional<logs::Seal>& seal, std::optional<logs::Offset> durable_until);

// Sends what a request is answered with; nothing when there is nobody to answer any more.
[[nodiscard]] async::Awaitable<void> answer(net::Exchange& exchange,
                                            std::optional<net::Response> response);

}  // namespace vela::api
