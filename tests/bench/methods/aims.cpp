#include "bench/methods/aims.hpp"

#include <array>
#include <string_view>

#include "bench/number.hpp"

namespace vela::bench {
namespace {

constexpr double kMostCpuRatio = 2;
constexpr double kLeastDelayRatio = 20;
constexpr double kMostCores = 0.5;
constexpr int kManySteps = 1000;

struct WireAim {
  std::string_view method;
  double least_ratio;
};
constexpr std::array kWireAims{WireAim{"stream", 30}, WireAim{"websocket", 30},
                               WireAim{"time-chunks", 30}, WireAim{"auto", 30},
                               WireAim{"byte-chunks", 15}};

Case by_driver(std::string_view method, int steps, Followed followed) {
  Case what;
  what.method = method;
  what.steps = steps;
  what.followed = followed;
  return what;
}

Case chatty(std::string_view method) {
  Case what;
  what.method = method;
  what.is_chatty = true;
  what.writers = what.is_yardstick() ? Writers::driver : Writers::run_step;
  return what;
}

Aim unmeasured(std::string text) { return {std::move(text), "not measured", std::nullopt}; }

Aim judge_cpu(const Results& results, Followed followed) {
  const bool is_one = followed == Followed::one;
  std::string text = "server CPU of stream to that of time-chunks, 100 steps, ";
  text += is_one ? "one followed: at most " + fixed(kMostCpuRatio, 0) + "×"
                 : "all followed: reported beside it";
  const Figures* const stream = results.find(by_driver("stream", kAllFollowed, followed));
  const Figures* const chunks = results.find(by_driver("time-chunks", kAllFollowed, followed));
  if (stream == nullptr || chunks == nullptr) return unmeasured(std::move(text));
  const double ratio = stream->server.cpu_seconds / chunks->server.cpu_seconds;
  Aim aim{std::move(text), fixed(ratio, 2) + "×", std::nullopt};
  if (is_one) aim.is_met = ratio <= kMostCpuRatio;
  return aim;
}

Aim judge_delay(const Results& results) {
  std::string text =
      "delay of time-chunks to that of stream, p50, 100 steps, one followed: at "
      "least " +
      fixed(kLeastDelayRatio, 0) + "×";
  const Figures* const stream = results.find(by_driver("stream", kAllFollowed, Followed::one));
  const Figures* const chunks = results.find(by_driver("time-chunks", kAllFollowed, Followed::one));
  if (stream == nullptr || chunks == nullptr) return unmeasured(std::move(text));
  const double ratio = chunks->delays[0] / stream->delays[0];
  return {std::move(text), fixed(ratio, 0) + "×", ratio >= kLeastDelayRatio};
}

double wire_ratio(const Figures& figures) { return figures.wire_bytes / figures.log_bytes; }

Aim judge_wire(const Results& results, const WireAim& aim) {
  std::string text = "wire bytes of " + std::string(aim.method) + ", chatty step: at most 1/" +
                     fixed(aim.least_ratio, 0) + " of the yardstick's";
  const Figures* const method = results.find(chatty(aim.method));
  const Figures* const whole = results.find(chatty(kWholeLog));
  if (method == nullptr || whole == nullptr) return unmeasured(std::move(text));
  const double ratio = wire_ratio(*whole) / wire_ratio(*method);
  return {std::move(text), "1/" + fixed(ratio, 1), ratio >= aim.least_ratio};
}

Aim judge_many(const Results& results, std::string_view method) {
  std::string text = "server CPU of " + std::to_string(kManySteps) + " steps by " +
                     std::string(method) + ": at most " + fixed(kMostCores, 1) + " of a core";
  const Figures* const many = results.find(by_driver(method, kManySteps, Followed::one));
  if (many == nullptr) return unmeasured(std::move(text));
  const double cores = many->server.cpu_seconds / many->seconds;
  return {std::move(text), fixed(cores, 2), cores <= kMostCores};
}

}  // namespace

std::vector<Aim> judge_aims(const Results& results) {
  std::vector<Aim> aims{judge_cpu(results, Followed::one), judge_cpu(results, Followed::all),
                        judge_delay(results)};
  for (const WireAim& aim : kWireAims) aims.push_back(judge_wire(results, aim));
  for (const WireAim& aim : kWireAims) aims.push_back(judge_many(results, aim.method));
  return aims;
}

}  // namespace vela::bench
