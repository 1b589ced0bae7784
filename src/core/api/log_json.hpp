#pragma once

#include <boost/json/object.hpp>

#include "core/hub/hub_log.hpp"

// What readers are told of a log beside its bytes; each object is described in docs/protocol.md.
namespace vela::api {

// A log as `GET …/{kind}` and `GET …/{kind}/{n}` list it.
[[nodiscard]] boost::json::object describe(const hub::LiveLog& live);

// The data of the events. `begin`: where the stream that it opens begins.
[[nodiscard]] boost::json::object hello_data(const hub::LiveLog& live, logs::Offset begin);
[[nodiscard]] boost::json::object state_data(const hub::LiveLog& live);
[[nodiscard]] boost::json::object reset_data(const hub::LiveLog& live, logs::Offset cut);
[[nodiscard]] boost::json::object end_data(const hub::LiveLog& live);

}  // namespace vela::api
