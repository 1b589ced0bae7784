#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/buffer/spool.hpp"
#include "core/logs/log_id.hpp"
#include "core/net/bearer_token.hpp"
#include "core/net/http_client.hpp"
#include "core/uplink/delivery.hpp"
#include "core/uplink/path_probe.hpp"
#include "core/uplink/reply.hpp"

// The machine's actions as HTTP requests, and what comes back as its events.
namespace vela::uplink {

// Where a log goes and what is said when it is announced.
struct Target {
  std::string server;  // "http://127.0.0.1:8080", with or without a slash at the end
  logs::LogId log;
  std::string name;  // the step's name; "" leaves the server's
  base::WallTime started;
  net::BearerToken token;
  // The shortest that the server has taken to answer an append so far. Once that is known each
  // write says what our clock shows: that is how the server comes to know how far off it is.
  std::optional<std::chrono::microseconds> round_trip;
};

// `held` must hold the bytes that `send` names.
[[nodiscard]] net::ClientRequest append_request(const Target& target, const Send& send,
                                                const buffer::Spool& held);
[[nodiscard]] net::ClientRequest stream_request(const Target& target, const OpenStream& stream);
[[nodiscard]] net::ClientRequest probe_request(const Target& target, const Probe& probe);
// Its URL and headers are those of an upgrade.
[[nodiscard]] net::ClientRequest socket_request(const Target& target, const OpenSocket& socket);
[[nodiscard]] net::ClientRequest end_build_request(const Target& target);

// An answer to an upgrade that is not 101. Whatever speaks neither of the log nor of a server that
// is busy (400, 401, 403, 413 …) may be what somebody in between makes of upgrades, and proves
// nothing: the next append tells.
[[nodiscard]] Reply to_upgrade_reply(const net::ClientReply& reply, std::string_view log);
[[nodiscard]] Reply to_reply(const Result<net::ClientReply>& reply, std::string_view log);

}  // namespace vela::uplink
