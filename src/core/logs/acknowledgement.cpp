#include "core/logs/acknowledgement.hpp"

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

std::optional<std::uint64_t> find_number(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code ec;
  const auto number = value->to_number<std::uint64_t>(ec);
  if (ec) return std::nullopt;
  return number;
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
  const auto interval = find_number(object, "interval_ms");
  const auto state = find_state(object);
  if (!log || !generation || !offset || !durable || !interval || !state) return std::nullopt;
  Acknowledgement ack;
  ack.log = *log;
  ack.generation = *generation;
  ack.offset = *offset;
  ack.durable = *durable;
  ack.interval = std::chrono::milliseconds(*interval);
  ack.state = *state;
  if (const auto over = find_number(object, "received_over_ms"))
    ack.received_over = std::chrono::milliseconds(*over);
  return ack;
}

}  // namespace vela::logs
