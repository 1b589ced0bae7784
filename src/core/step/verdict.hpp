#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/process/child_process.hpp"
#include "core/uplink/delivery.hpp"

// What is said about a step when it is over: to the server, to the caller, to people.
namespace vela::step {

// Exit codes. What could not be delivered: EX_TEMPFAIL of sysexits.h, another try may do.
inline constexpr int kNotDelivered = 75;
// Of a process that a signal ended, as a shell gives it: this and the signal.
inline constexpr int kSignalBase = 128;

struct Verdict {
  uplink::Ending ending;
  int exit_code = 0;
};

// A command that ran. `was_canceled`: it was told to stop from outside.
[[nodiscard]] Verdict verdict_of(const process::ExitStatus& exit, bool was_canceled);
// A command that could not be started: 127 not found, 126 not executable, 1 when the system
// refused.
[[nodiscard]] Verdict verdict_of_failure(const Error& failure);
// Standard input, read to its end or until `signal` (0 for none) came.
[[nodiscard]] Verdict verdict_of_input(int signal, bool was_canceled);

// A step that was stopped because its output found no room.
[[nodiscard]] Verdict verdict_of_overflow();

// What to tell people when the log is not whole: which bytes are missing, and why.
[[nodiscard]] std::string describe_loss(const uplink::Outcome& outcome, std::string_view log);
// Where the bytes are that were not delivered, those below `kept` of them, and how they get to the
// server.
[[nodiscard]] std::string describe_spool(const uplink::Outcome& outcome, logs::Offset kept,
                                         std::string_view path);

}  // namespace vela::step
