#include "core/logs/acknowledgement.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json.hpp>

namespace vela::logs {
namespace {

constexpr std::array<std::pair<AckState, std::string_view>, 4> kStates{{
    {AckState::running, "running"},
    {AckState::sealed, "sealed"},
    {AckState::incomplete, "incomplete"},
    {AckState::canceled, "canceled"},
}};

// No pause or stream of ours is nearly as long. A longer one is a fault of who sent it: it must not
// silence a writer for good, nor overflow the sums of times that are made of it.
constexpr std::uint64_t kMostMilliseconds = 60'000;

// Nothing when it is no whole number from 0 to 2^63 - 1.
std::optional<std::uint64_t> find_number(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code ec;
  const auto number = value->to_number<std::int64_t>(ec);
  if (ec || number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

std::optional<std::chrono::milliseconds> find_milliseconds(const boost::json::object& object,
                                                           std::string_view key) {
  const auto number = find_number(object, key);
  if (!number) return std::nullopt;
  return std::chrono::milliseconds(std::min(*number, kMostMilliseconds));
}

std::optional<std::string_view> find_text(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<AckState> find_state(const boost::json::object& object) {
  const auto text = find_text(object, "state");
  for (const auto& [state, name] : kStates)
    if (text == name) return state;
  return std::nullopt;
}

}  // namespace

std::string Acknowledgement::to_json() const {
  boost::json::object object;
  object["log"] = log;
  object["generation"] = generation;
  object["offset"] = offset;
  object["durable"] = durable;
  object["interval_ms"] = interval.count();
  object["state"] = kStates[static_cast<std::size_t>(state)].second;
  if (received_over) object["received_over_ms"] = received_over->count();
  return boost::json::serialize(object);
}

std::optional<Acknowledgement> Acknowledgement::parse(std::string_view json) {
  boost::system::error_code ec;
  const boost::json::value value = boost::json::parse(json, ec);
  if (ec || !value.is_object()) return std::nullopt;
  const auto& object = value.get_object();
  const auto log = find_text(object, "log");
  const auto generation = find_number(object, "generation");
  const auto offset = find_number(object, "offset");
  const auto durable = find_number(object, "durable");
  const auto interval = find_milliseconds(object, "interval_ms");
  const auto state = find_state(object);
  if (!log || !generation || !offset || !durable || !interval || !state) return std::nullopt;
  Acknowledgement ack;
  ack.log = *log;
  ack.generation = *generation;
  ack.offset = *offset;
  ack.durable = *durable;
  ack.interval = *interval;
  ack.state = *state;
  ack.received_over = find_milliseconds(object, "received_over_ms");
  return ack;
}

}  // namespace vela::logs
