#include "core/step/verdict.hpp"

#include "core/uplink/leftovers.hpp"

namespace vela::step {
namespace {

// As a shell says it.
constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;
// A failure of ours.
constexpr int kFailure = 1;

Verdict make_verdict(logs::StepStatus status, int exit_code) {
  Verdict verdict;
  verdict.ending.status = status;
  verdict.ending.exit_code = exit_code;
  verdict.exit_code = exit_code;
  return verdict;
}

}  // namespace

Verdict verdict_of(const process::ExitStatus& exit, bool was_canceled) {
  if (was_canceled) return make_verdict(logs::StepStatus::canceled, exit.code);
  if (exit.signal != 0) return make_verdict(logs::StepStatus::killed, exit.code);
  return make_verdict(exit.code == 0 ? logs::StepStatus::success : logs::StepStatus::failure,
                      exit.code);
}

Verdict verdict_of_failure(const Error& failure) {
  switch (failure.code()) {
    case ErrorCode::not_found:
      return make_verdict(logs::StepStatus::error, kNotFound);
    case ErrorCode::invalid:
      return make_verdict(logs::StepStatus::error, kNotExecutable);
    default:
      return make_verdict(logs::StepStatus::error, kFailure);
  }
}

Verdict verdict_of_input(int signal, bool was_canceled) {
  if (signal == 0 && !was_canceled) return make_verdict(logs::StepStatus::success, 0);
  return make_verdict(was_canceled ? logs::StepStatus::canceled : logs::StepStatus::killed,
                      signal == 0 ? kFailure : kSignalBase + signal);
}

Verdict verdict_of_overflow() {
  Verdict verdict = make_verdict(logs::StepStatus::error, kFailure);
  verdict.ending.reason = "the step was stopped: its output found no room";
  return verdict;
}

std::string describe_loss(const uplink::Outcome& outcome, std::string_view log) {
  const std::string name(log);
  const std::string why = outcome.reason.empty() ? "" : ": " + outcome.reason;
  if (outcome.durable < outcome.length)
    return "the log was not delivered: of " + name + " the bytes from " +
           std::to_string(outcome.durable) + " to " + std::to_string(outcome.length) + " (" +
           std::to_string(outcome.length - outcome.durable) +
           ") are not known to be on the server" + why;
  if (outcome.is_sealed) return "the log " + name + " is not whole" + why;
  if (outcome.length == 0)
    return "the server has not confirmed the end of " + name + ", which is empty" + why;
  return "all " + std::to_string(outcome.length) + " bytes of " + name +
         " are on the server, but it has not confirmed their end" + why;
}

std::string describe_spool(const uplink::Outcome& outcome, logs::Offset kept,
                           std::string_view path) {
  const std::string place(path);
  if (outcome.is_refused) return "what the server refuses: " + uplink::describe_refused_spool(path);
  // The other case is an end that was not confirmed.
  const std::string what = outcome.durable < outcome.length
                               ? "what is missing up to byte " + std::to_string(kept)
                               : "its end";
  return what + " is kept in " + place +
         "; the next run-step for that server delivers it, or `vela-logs run-step --resume`";
}

}  // namespace vela::step
