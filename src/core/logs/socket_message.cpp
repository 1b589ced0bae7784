#include "core/logs/socket_message.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include <boost/json.hpp>

#include "core/base/number.hpp"
#include "core/logs/leb128.hpp"

namespace vela::logs {
namespace {

Error bad_message(std::string_view why) {
  return Error(ErrorCode::invalid, std::string("bad message: ").append(why));
}

// The text of a member as a parameter of a query would have it; nothing for what none has.
std::optional<std::string> to_parameter(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_int64() || value.is_uint64()) return boost::json::serialize(value);
  return std::nullopt;
}

}  // namespace

void put_output_head(std::string& message, Offset offset) { put_leb128(message, offset); }

Result<OutputMessage> parse_output(std::string_view message) {
  Leb128Reader reader;
  for (std::size_t i = 0; i != message.size() && !reader.is_overlong(); ++i) {
    const auto offset = reader.put(static_cast<unsigned char>(message[i]));
    if (!offset) continue;
    if (*offset > base::kLargestNumber) break;
    return OutputMessage{*offset, message.substr(i + 1)};
  }
  return bad_message("it begins with no offset");
}

std::string to_text(const Seal& seal) {
  boost::json::object object;
  object["length"] = seal.length;
  object["from"] = seal.from;
  if (!seal.sha256.empty()) object["sha256"] = seal.sha256;
  object["status"] = to_string(seal.status);
  if (seal.exit_code) object["exit_code"] = *seal.exit_code;
  if (seal.dropped != 0) object["dropped"] = seal.dropped;
  if (seal.lost != 0) object["lost"] = seal.lost;
  if (!seal.reason.empty()) object["reason"] = seal.reason;
  return boost::json::serialize(object);
}

std::string to_text(const DurableWish& wish) {
  boost::json::object object;
  object["durable"] = wish.until;
  return boost::json::serialize(object);
}

// By the query that would say the same: one set of rules for both.
Result<ControlMessage> parse_control(std::string_view text) {
  boost::system::error_code ec;
  const boost::json::value value = boost::json::parse(text, ec);
  if (ec || !value.is_object()) return bad_message("the text is no JSON object");
  base::Query query;
  for (const auto& [name, member] : value.get_object()) {
    auto parameter = to_parameter(member);
    if (!parameter) return bad_message(std::string(name) + " is neither text nor a whole number");
    query.add(std::string(name), std::move(*parameter));
  }
  if (query.find("length")) {
    auto seal = parse_seal(query);
    if (!seal) return seal.error();
    return ControlMessage(std::move(*seal));
  }
  std::optional<Offset> durable;
  if (auto read = read_number(query, "durable", "a number of bytes", durable); !read)
    return read.error();
  if (!durable) return bad_message("it has neither length (a seal) nor durable");
  return ControlMessage(DurableWish{*durable});
}

}  // namespace vela::logs
