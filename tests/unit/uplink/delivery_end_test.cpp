#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "core/uplink/delivery_machine.hpp"
#include "core/uplink/reply.hpp"
#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using logs::Acknowledgement;
using logs::AckState;

namespace {

const std::string kLog = "octocat/hello/42/steps/3";

}  // namespace

TEST_CASE("the build is ended after the seal, and asked again while the server is away") {
  base::SteadyTime now{1000s};
  DeliveryOptions options;
  options.method = buffer::Method::append;
  options.end_build = true;
  DeliveryMachine machine(options, now, [] { return 0.0; });
  static_cast<void>(machine.next(now));
  machine.on_reply(test::make_ack(0, 0), now);
  machine.end(Ending());
  static_cast<void>(machine.next(now));
  machine.on_reply(test::make_ack(0, 0, AckState::sealed), now);
  CHECK(std::holds_alternative<EndBuild>(machine.next(now)));
  machine.on_build_reply(503, "busy", now);
  now += 5s;
  CHECK(std::holds_alternative<EndBuild>(machine.next(now)));
  machine.on_build_reply(200, "", now);
  CHECK(std::holds_alternative<Done>(machine.next(now)));
}

TEST_CASE("a log that is sealed already is not written") {
  const base::SteadyTime now{1000s};
  DeliveryMachine machine(DeliveryOptions(), now, [] { return 0.0; });
  static_cast<void>(machine.next(now));
  Refusal sealed;
  sealed.kind = RefusalKind::sealed;
  machine.on_reply(sealed, now);
  machine.end(Ending());
  CHECK(std::holds_alternative<Done>(machine.next(now)));
  CHECK_FALSE(machine.outcome().reason.empty());
}

TEST_CASE("only an acknowledgement of this very log is a success") {
  const auto is_ack = [](int status, std::string_view body) {
    return std::holds_alternative<Acknowledgement>(read_reply(status, body, {}, kLog));
  };
  CHECK(is_ack(200, test::make_ack(1, 1).to_json()));
  CHECK_FALSE(is_ack(200, ""));
  CHECK_FALSE(is_ack(200, "<html>welcome</html>"));
  CHECK_FALSE(is_ack(204, ""));
  CHECK_FALSE(is_ack(502, test::make_ack(1, 1).to_json()));
  Acknowledgement other = test::make_ack(1, 1);
  other.log = "octocat/hello/42/steps/4";
  CHECK_FALSE(is_ack(200, other.to_json()));
}
