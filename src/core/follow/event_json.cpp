#include "core/follow/event_json.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace vela::follow {
namespace {

namespace json = boost::json;

// Reads the members of one object and remembers the first that is not what it should be.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  std::uint64_t number(std::string_view name) {
    const auto value = optional_integer(name);
    if (!value || *value < 0) return fail<std::uint64_t>(name);
    return static_cast<std::uint64_t>(*value);
  }

  std::optional<std::int64_t> optional_integer(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code ec;
    const auto number = value->to_number<std::int64_t>(ec);
    if (ec) return fail<std::optional<std::int64_t>>(name);
    return number;
  }

  // Milliseconds, perhaps with a fraction.
  std::optional<std::chrono::microseconds> optional_millis(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code ec;
    const auto millis = value->to_number<double>(ec);
    // 2^53 microseconds lie in the year 2255; beyond it a double is no longer exact.
    if (ec || !(std::abs(millis) < 9e12))
      return fail<std::optional<std::chrono::microseconds>>(name);
    return std::chrono::microseconds(std::llround(millis * 1000));
  }

  std::optional<std::string_view> optional_text(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) return fail<std::optional<std::string_view>>(name);
    return std::string_view(value->get_string());
  }

  std::string_view text(std::string_view name) {
    const auto value = optional_text(name);
    return value ? *value : fail<std::string_view>(name);
  }

  std::optional<bool> optional_flag(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_bool()) return fail<std::optional<bool>>(name);
    return value->get_bool();
  }

  // The log that the object names, else `current`.
  logs::LogId log(const std::optional<logs::LogId>& current) {
    if (const auto name = optional_text("log")) {
      auto log = logs::LogId::parse(*name);
      return log ? std::move(*log) : fail<logs::LogId>("log");
    }
    return current ? *current : fail<logs::LogId>("log");
  }

  // `value` unless it is nothing, which makes the member bad.
  template <class T>
  T require(std::string_view name, std::optional<T> value) {
    return value ? std::move(*value) : fail<T>(name);
  }

  // `event` when every member was good.
  template <class T>
  Result<T> finish(T event) const {
    if (bad_.empty()) return event;
    return Error(ErrorCode::invalid, "the server sent an event with a bad '" + bad_ + "'");
  }

 private:
  // Null counts as not there.
  const json::value* find(std::string_view name) const {
    const json::value* value = object_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  template <class T>
  T fail(std::string_view name) {
    if (bad_.empty()) bad_ = name;
    return T();
  }

  const json::object& object_;
  std::string bad_;
};

Error not_an_object() { return Error(ErrorCode::invalid, "the server sent an event without data"); }

Result<json::value> parse_object(std::string_view text) {
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec || !value.is_object()) return not_an_object();
  return value;
}

logs::Cursor make_cursor(std::uint64_t generation, logs::Offset offset) {
  return logs::Cursor{generation, offset};
}

void read_liveness(Fields& fields, std::chrono::milliseconds& silent,
                   std::optional<std::chrono::milliseconds>& writer_seen) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  if (const auto millis = fields.optional_millis("silent_ms"))
    silent = duration_cast<milliseconds>(*millis);
  if (const auto millis = fields.optional_millis("writer_seen_ms"))
    writer_seen = duration_cast<milliseconds>(*millis);
}

Result<Hello> read_hello(const json::object& object, const std::optional<logs::LogId>& current) {
  Fields fields(object);
  Hello hello;
  hello.log = fields.log(current);
  hello.cursor = fields.require("cursor", logs::Cursor::parse(fields.text("cursor")));
  hello.offset = fields.number("offset");
  hello.state = fields.require("state", logs::parse_log_state(fields.text("state")));
  hello.name = fields.optional_text("name").value_or("");
  if (const auto started = fields.optional_millis("started"))
    hello.started = base::WallTime(*started);
  read_liveness(fields, hello.silent, hello.writer_seen);
  return fields.finish(std::move(hello));
}

Result<BuildHello> read_build_hello(const json::object& object) {
  BuildHello build;
  const json::value* logs = object.if_contains("logs");
  if (logs == nullptr || !logs->is_array())
    return Error(ErrorCode::invalid, "the server sent a hello without its logs");
  for (const json::value& log : logs->get_array()) {
    if (!log.is_object()) return not_an_object();
    auto hello = read_hello(log.get_object(), std::nullopt);
    if (!hello) return hello.error();
    build.logs.push_back(std::move(*hello));
  }
  return build;
}

Result<StateChange> read_state(const json::object& object,
                               const std::optional<logs::LogId>& current) {
  Fields fields(object);
  StateChange change;
  change.log = fields.log(current);
  change.state = fields.require("state", logs::parse_log_state(fields.text("state")));
  read_liveness(fields, change.silent, change.writer_seen);
  return fields.finish(std::move(change));
}

Result<Reset> read_reset(const json::object& object, const std::optional<logs::LogId>& current) {
  Fields fields(object);
  Reset reset;
  reset.log = fields.log(current);
  reset.next = make_cursor(fields.number("generation"), fields.number("offset"));
  return fields.finish(std::move(reset));
}

Result<End> read_end(const json::object& object, const std::optional<logs::LogId>& current) {
  Fields fields(object);
  End end;
  end.log = fields.log(current);
  end.length = fields.number("length");
  end.sha256 = fields.optional_text("sha256").value_or("");
  if (const auto status = fields.optional_text("status"))
    end.status = fields.require("status", logs::parse_step_status(*status));
  if (const auto exit_code = fields.optional_integer("exit_code")) {
    const bool fits = *exit_code >= std::numeric_limits<int>::min() &&
                      *exit_code <= std::numeric_limits<int>::max();
    end.exit_code = fields.require(
        "exit_code", fits ? std::optional(static_cast<int>(*exit_code)) : std::nullopt);
  }
  end.complete = fields.optional_flag("complete");
  end.reason = fields.optional_text("reason").value_or("");
  return fields.finish(std::move(end));
}

template <class T>
Result<std::optional<FollowEvent>> as_event(Result<T> event) {
  if (!event) return event.error();
  return std::optional<FollowEvent>(std::move(*event));
}

Result<std::optional<FollowEvent>> read_event(std::string_view name, const json::object& object,
                                              const std::optional<logs::LogId>& current) {
  if (name == "hello" && object.if_contains("build") != nullptr)
    return as_event(read_build_hello(object));
  if (name == "hello") return as_event(read_hello(object, current));
  if (name == "state") return as_event(read_state(object, current));
  if (name == "reset") return as_event(read_reset(object, current));
  if (name == "end") return as_event(read_end(object, current));
  if (name == "build-end") return std::optional<FollowEvent>(BuildEnd());
  if (name == "heartbeat") return std::optional<FollowEvent>(Heartbeat());
  return std::optional<FollowEvent>();
}

}  // namespace

Result<std::optional<FollowEvent>> parse_event(std::string_view name, std::string_view json,
                                               const std::optional<logs::LogId>& current_log) {
  const auto value = parse_object(json);
  if (!value) return value.error();
  return read_event(name, value->get_object(), current_log);
}

Result<std::optional<FollowEvent>> parse_framed_event(
    std::string_view json, const std::optional<logs::LogId>& current_log) {
  const auto value = parse_object(json);
  if (!value) return value.error();
  const json::object& object = value->get_object();
  Fields fields(object);
  const auto name = fields.finish(fields.text("event"));
  if (!name) return name.error();
  const json::value* data = object.if_contains("data");
  if (data == nullptr || !data->is_object()) return read_event(*name, json::object(), current_log);
  return read_event(*name, data->get_object(), current_log);
}

Result<TextOutput> parse_log_event(std::string_view id, std::string_view json,
                                   const std::optional<logs::LogId>& current_log) {
  const auto value = parse_object(json);
  if (!value) return value.error();
  Fields fields(value->get_object());
  TextOutput parsed;
  Output& output = parsed.output;
  output.log = fields.log(current_log);
  output.offset = fields.number("offset");
  output.next = fields.require("id", find_cursor(id, output.log));
  if (const auto time = fields.optional_millis("time")) output.time = base::WallTime(*time);
  const std::string_view stream = fields.optional_text("stream").value_or("");
  if (stream == logs::to_string(logs::Stream::out)) output.stream = logs::Stream::out;
  if (stream == logs::to_string(logs::Stream::err)) output.stream = logs::Stream::err;
  parsed.text = fields.text("text");
  return fields.finish(std::move(parsed));
}

std::optional<logs::Cursor> find_cursor(std::string_view id, const logs::LogId& log) {
  constexpr std::string_view kEnd = "-end";
  const std::string mark = log.short_name() + ":";
  if (id.find(':') != std::string_view::npos) {
    while (!id.starts_with(mark)) {
      const auto comma = id.find(',');
      if (comma == std::string_view::npos) return std::nullopt;
      id.remove_prefix(comma + 1);
    }
    id.remove_prefix(mark.size());
    id = id.substr(0, id.find(','));
  }
  if (id.ends_with(kEnd)) id.remove_suffix(kEnd.size());
  return logs::Cursor::parse(id);
}

}  // namespace vela::follow
