#include "core/step/verdict.hpp"

#include <csignal>

#include <doctest/doctest.h>

using namespace vela;
using namespace vela::step;
using logs::StepStatus;

namespace {

process::ExitStatus exit_of(int code, int signal = 0) {
  process::ExitStatus exit;
  exit.code = code;
  exit.signal = signal;
  return exit;
}

void check(const Verdict& verdict, StepStatus status, int exit_code) {
  CHECK(verdict.ending.status == status);
  CHECK(verdict.ending.exit_code == exit_code);
  CHECK(verdict.exit_code == exit_code);
}

uplink::Outcome undelivered() {
  uplink::Outcome outcome;
  outcome.length = 1000;
  outcome.durable = 400;
  outcome.reason = "connection refused";
  return outcome;
}

}  // namespace

TEST_CASE("a command that ran is judged by its exit") {
  check(verdict_of(exit_of(0), false), StepStatus::success, 0);
  check(verdict_of(exit_of(3), false), StepStatus::failure, 3);
  check(verdict_of(exit_of(128 + SIGSEGV, SIGSEGV), false), StepStatus::killed, 128 + SIGSEGV);
  // Its own 127 is a failure like any other: it was found.
  check(verdict_of(exit_of(127), false), StepStatus::failure, 127);
}

TEST_CASE("a command that was told to stop is canceled, with the exit code that it chose") {
  check(verdict_of(exit_of(0), true), StepStatus::canceled, 0);
  check(verdict_of(exit_of(128 + SIGTERM, SIGTERM), true), StepStatus::canceled, 128 + SIGTERM);
}

TEST_CASE("a command that can't be started is an error with a shell's exit code") {
  check(verdict_of_failure(Error(ErrorCode::not_found, "x")), StepStatus::error, 127);
  check(verdict_of_failure(Error(ErrorCode::invalid, "x")), StepStatus::error, 126);
  check(verdict_of_failure(Error(ErrorCode::unavailable, "x")), StepStatus::error, 1);
}

TEST_CASE("standard input is a success at its end and not when a signal cut it") {
  check(verdict_of_input(0, false), StepStatus::success, 0);
  check(verdict_of_input(SIGINT, true), StepStatus::canceled, 128 + SIGINT);
  check(verdict_of_input(SIGHUP, false), StepStatus::killed, 128 + SIGHUP);
  check(verdict_of_input(0, true), StepStatus::canceled, 1);
}

TEST_CASE("a loss is described by the bytes that are missing and the reason") {
  const std::string text = describe_loss(undelivered(), "octocat/hello/42/steps/3");
  CHECK(text ==
        "the log was not delivered: of octocat/hello/42/steps/3 the bytes from 400 to 1000 (600) "
        "are not known to be on the server: connection refused");
}

TEST_CASE("a log whose bytes all arrived but whose end did not is described as that") {
  uplink::Outcome outcome = undelivered();
  outcome.durable = 1000;
  CHECK(describe_loss(outcome, "a/b/1/steps/1") ==
        "all 1000 bytes of a/b/1/steps/1 are on the server, but it has not confirmed their end: "
        "connection refused");
  CHECK(describe_spool(outcome, 1000, "/s/x.spool").starts_with("its end is kept in /s/x.spool; "));
  outcome.durable = outcome.length = 0;
  CHECK(
      describe_loss(outcome, "a/b/1/steps/1") ==
      "the server has not confirmed the end of a/b/1/steps/1, which is empty: connection refused");
}

TEST_CASE("a step whose output found no room is an error with a reason") {
  const Verdict verdict = verdict_of_overflow();
  check(verdict, StepStatus::error, 1);
  CHECK(verdict.ending.reason.find("no room") != std::string::npos);
}

TEST_CASE("people are told where undelivered bytes are and how they get to the server") {
  uplink::Outcome outcome = undelivered();
  const std::string left = describe_spool(outcome, 900, "/s/x.spool");
  CHECK(left.find("up to byte 900 is kept in /s/x.spool") != std::string::npos);
  CHECK(left.find("vela-logs run-step --resume") != std::string::npos);
  outcome.is_refused = true;
  CHECK(describe_spool(outcome, 900, "/s/x.spool.rejected") ==
        "what the server refuses: it is kept for 7 days as /s/x.spool.rejected; "
        "`vela-logs run-step --print-spool /s/x.spool.rejected` prints it");
}

TEST_CASE("a sealed log that is not whole says why") {
  uplink::Outcome outcome = undelivered();
  outcome.durable = 1000;
  outcome.is_sealed = true;
  outcome.reason = "the server lost 6 bytes";
  CHECK(describe_loss(outcome, "a/b/1/steps/1") ==
        "the log a/b/1/steps/1 is not whole: the server lost 6 bytes");
}
