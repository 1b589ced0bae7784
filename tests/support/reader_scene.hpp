#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "core/follow/notices.hpp"
#include "core/follow/reader_machine.hpp"

namespace vela::test {

using vela::follow::BuildEnd;
using vela::follow::BuildHello;
using vela::follow::End;
using vela::follow::Hello;
using vela::follow::Notice;
using vela::follow::Output;
using vela::follow::ReaderMachine;
using vela::follow::ReaderSettings;
using vela::follow::Reset;
using vela::follow::StateChange;
using vela::follow::Target;
using vela::logs::LogId;
using vela::logs::LogState;
using vela::logs::Offset;

inline const LogId kLog = LogId::parse("octocat/hello/42/steps/1").value();
inline const LogId kSecond = LogId::parse("octocat/hello/42/steps/2").value();

// A machine, a clock, and what a person would have seen.
class Scene final : public follow::ReaderView {
 public:
  explicit Scene(const std::string& target, bool follows = true)
      : machine(
            [&] {
              ReaderSettings settings;
              settings.target = Target::parse(target).value();
              settings.follow = follows;
              settings.lost_timeout = std::chrono::seconds(300);
              return settings;
            }(),
            [] { return 0.0; }, *this) {}

  void on_log(const LogId&, const std::string&, std::optional<base::WallTime>) override {}
  void on_output(const Output& output) override { shown += output.bytes; }
  void on_state(const StateChange& change) override { told = change; }
  void on_log_end(const LogId&) override {}
  void on_notice(const Notice& notice) override {
    ++notices;
    said += notice.text + '\n';
  }

  ReaderMachine::Connect connect() {
    const auto action = machine.next(now);
    REQUIRE(std::holds_alternative<ReaderMachine::Connect>(action));
    return std::get<ReaderMachine::Connect>(action);
  }
  ReaderMachine::Connect open() {
    auto request = connect();
    REQUIRE(machine.on_head(200, "text/event-stream", now));
    return request;
  }
  void hello(Offset begin, Offset received, LogState state = LogState::running,
             std::uint64_t generation = 1, const LogId& log = kLog) {
    Hello event;
    event.log = log;
    event.cursor = {generation, begin};
    event.offset = received;
    event.state = state;
    machine.on_event(event);
  }
  void output(Offset at, std::string_view bytes, std::uint64_t generation = 1,
              const LogId& log = kLog) {
    Output event;
    event.log = log;
    event.offset = at;
    event.next = {generation, at + bytes.size()};
    event.bytes = bytes;
    machine.on_event(event);
  }
  void end(Offset length, bool complete = true, int exit_code = 0, const LogId& log = kLog) {
    End event;
    event.log = log;
    event.length = length;
    event.complete = complete;
    event.exit_code = exit_code;
    machine.on_event(event);
  }
  void cut() { machine.on_transfer_end({200, ""}, now); }
  int exit_code() {
    const auto action = machine.next(now);
    REQUIRE(std::holds_alternative<ReaderMachine::Finish>(action));
    return std::get<ReaderMachine::Finish>(action).exit_code;
  }
  void rest() {
    const auto action = machine.next(now);
    if (const auto* pause = std::get_if<ReaderMachine::Pause>(&action)) now = pause->until;
  }

  base::SteadyTime now{std::chrono::seconds(1000)};
  std::string shown;
  std::string said;
  int notices = 0;
  StateChange told;
  ReaderMachine machine;
};

inline std::string cursor_of(const ReaderMachine::Connect& connect) {
  const auto at = connect.target.find("cursor=");
  return at == std::string::npos ? "" : connect.target.substr(at + 7);
}

}  // namespace vela::test
