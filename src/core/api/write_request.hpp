#pragma once

#include <optional>

#include "core/base/error.hpp"
#include "core/base/query.hpp"
#include "core/hub/log_hub.hpp"
#include "core/logs/acknowledgement.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// What a request that writes says beside its body.
struct WriteRequest {
  hub::WriterClaim claim;
  std::optional<logs::Offset> offset;
  std::optional<logs::Seal> seal;  // complete only when the request claims a length
  bool is_final = false;
  std::optional<logs::Offset> durable_until;  // answer when the bytes below are durable
  bool is_framed = false;                     // body: frames, else raw
};

// Errors: invalid, naming the header or parameter.
[[nodiscard]] Result<WriteRequest> parse_write(const net::Request& request,
                                               const base::Query& query);

// Where the log stands, as every write is answered.
[[nodiscard]] logs::Acknowledgement acknowledge(const hub::LogHub& hub, const hub::HubLog& log);

// 409 with the reason, the offset and the owner.
[[nodiscard]] net::Response refuse(const hub::HubLog& log, hub::Refusal refusal);

// 503 while the server drains, 500 or 503 for a failure of the store.
[[nodiscard]] net::Response draining_response();
[[nodiscard]] net::Response store_failure(const Error& error);

}  // namespace vela::api
