#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/follow/follow_event.hpp"

// What tail says on stderr beside the log.
namespace vela::follow {

struct Notice {
  std::string text;            // without a newline
  bool is_for_person = false;  // of use only to somebody who sits before a terminal
};

// Each names its log by `label`, which is "" when only one log is followed.
[[nodiscard]] Notice waiting_notice(std::string_view target);
[[nodiscard]] Notice lost_notice(std::string_view label, const StateChange& change,
                                 std::chrono::microseconds lost_timeout);
[[nodiscard]] Notice back_notice(std::string_view label);
[[nodiscard]] Notice reset_notice(std::string_view label, logs::ByteCount voided,
                                  logs::Offset from);
[[nodiscard]] Notice end_notice(std::string_view label, const End& end);
[[nodiscard]] Notice given_up_notice(std::chrono::microseconds lost_timeout);
[[nodiscard]] Notice voided_notice(logs::ByteCount voided);
// `why` the server can't be read from now.
[[nodiscard]] Notice trouble_notice(std::string_view why);
// The same of a server that never answered.
[[nodiscard]] Notice unreached_notice(std::string_view why);
[[nodiscard]] Notice connected_notice();
// Something on the way holds open answers back.
[[nodiscard]] Notice polling_notice();
[[nodiscard]] Notice failure_notice(std::string_view why);

}  // namespace vela::follow
