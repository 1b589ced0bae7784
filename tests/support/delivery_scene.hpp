#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "core/uplink/delivery_machine.hpp"

namespace vela::test {

// An acknowledgement of the log that the machine's scenes write.
inline logs::Acknowledgement make_ack(logs::Offset offset, logs::Offset durable,
                                      logs::AckState state = logs::AckState::running) {
  logs::Acknowledgement ack;
  ack.log = "octocat/hello/42/steps/3";
  ack.offset = offset;
  ack.durable = durable;
  ack.state = state;
  return ack;
}

inline uplink::Refusal make_refusal(uplink::RefusalKind kind,
                                    std::optional<logs::Offset> offset = {},
                                    std::optional<logs::WriterId> writer = {}) {
  uplink::Refusal refusal;
  refusal.kind = kind;
  refusal.text = "refused";
  refusal.offset = offset;
  refusal.writer = writer;
  return refusal;
}

inline uplink::DeliveryOptions delivery_options(buffer::Method method,
                                                std::size_t window_bytes = 1024 * 1024) {
  uplink::DeliveryOptions options;
  options.method = method;
  options.window_bytes = window_bytes;
  return options;
}

// A delivery machine, its clock, and a script of answers.
class DeliveryScene {
 public:
  explicit DeliveryScene(uplink::DeliveryOptions options, uplink::HeldLog held = uplink::HeldLog())
      : machine(options, now, [] { return 0.0; }, std::move(held)) {}

  void push(std::string_view bytes) {
    machine.push(bytes, base::WallTime(std::chrono::seconds(1)), logs::Stream::out, now);
  }
  // What the machine wants now, which must be of that kind.
  template <class Expected>
  Expected act() {
    const uplink::Action action = machine.next(now);
    REQUIRE(std::holds_alternative<Expected>(action));
    return std::get<Expected>(action);
  }
  void reply(const uplink::Reply& answer) { machine.on_reply(answer, now); }
  // How long the machine waits now; the clock moves there.
  base::SteadyTime::duration wait() {
    const base::SteadyTime until = act<uplink::Wait>().until;
    REQUIRE(until != base::SteadyTime::max());
    const base::SteadyTime before = std::exchange(now, std::max(now, until));
    return now - before;
  }
  // Feeds the open stream until it pauses or closes.
  uplink::StreamStep feed() {
    while (true) {
      const uplink::StreamStep step = machine.next_upload(now);
      if (step.kind != uplink::StreamStep::Kind::bytes) return step;
      machine.on_uploaded(step.to, now);
    }
  }

  base::SteadyTime now{std::chrono::seconds(1000)};
  uplink::DeliveryMachine machine;
};

// One whose log is announced and empty, for tests that count bytes.
class AnnouncedScene : public DeliveryScene {
 public:
  explicit AnnouncedScene(uplink::DeliveryOptions options, uplink::HeldLog held = uplink::HeldLog())
      : DeliveryScene(options, std::move(held)) {
    act<uplink::Send>();
    reply(make_ack(0, 0));
  }

  void push(std::size_t bytes) { DeliveryScene::push(std::string(bytes, 'x')); }
};

}  // namespace vela::test
