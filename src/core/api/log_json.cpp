#include "core/api/log_json.hpp"

#include <chrono>
#include <optional>

namespace vela::api {
namespace {

namespace json = boost::json;

std::int64_t seconds_or_zero(const std::optional<base::WallTime>& time) {
  if (!time) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

json::value milliseconds_or_null(const std::optional<base::WallTime>& time) {
  if (!time) return nullptr;
  return std::chrono::duration_cast<std::chrono::milliseconds>(time->time_since_epoch()).count();
}

json::value exit_code_or_null(const hub::LiveLog& live) {
  const auto& seal = live.record().seal;
  if (!live.has_ended() || !seal || !seal->exit_code) return nullptr;
  return *seal->exit_code;
}

// The step's status as readers may see it: final only once that is stored.
std::string_view status_of(const hub::LiveLog& live) {
  const logs::StepStatus status = live.record().status;
  if (logs::is_final(status) && !live.has_ended())
    return logs::to_string(logs::StepStatus::running);
  return logs::to_string(status);
}

void add_liveness(json::object& data, const hub::LiveLog& live) {
  const base::SteadyTime now = base::steady_now();
  data["silent_ms"] = live.silent_for(now).count();
  data["writer_seen_ms"] = live.writer_unheard_for(now).count();
}

}  // namespace

json::object describe(const hub::LiveLog& live) {
  const store::LogRecord& record = live.record();
  json::object object;
  object["id"] = record.key;
  object["build_id"] = record.id.build.number;
  object["repo_id"] = 0;  // known to Vela alone
  object["number"] = record.id.number;
  object["name"] = record.name;
  object["image"] = "";
  object["stage"] = "";
  object["status"] = status_of(live);
  object["error"] = live.has_ended() ? live.verdict().reason : record.reason;
  object["exit_code"] = exit_code_or_null(live).is_null() ? 0 : *record.seal->exit_code;
  object["created"] = seconds_or_zero(record.created);
  object["started"] = seconds_or_zero(record.started);
  object["finished"] = live.has_ended() ? seconds_or_zero(record.finished) : 0;
  object["host"] = "";
  object["runtime"] = "";
  object["distribution"] = "";
  object["size"] = live.received();
  object["state"] = logs::to_string(live.state());
  return object;
}

json::object hello_data(const hub::LiveLog& live, logs::Offset begin) {
  const store::LogRecord& record = live.record();
  json::object data;
  data["log"] = record.id.to_string();
  data["cursor"] = logs::Cursor{record.generation.number, begin}.to_string();
  data["offset"] = live.received();
  data["durable"] = live.durable();
  data["state"] = logs::to_string(live.state());
  data["status"] = status_of(live);
  data["name"] = record.name;
  data["started"] = milliseconds_or_null(record.started);
  data["exit_code"] = exit_code_or_null(live);
  if (live.is_open()) add_liveness(data, live);
  return data;
}

json::object state_data(const hub::LiveLog& live) {
  json::object data;
  data["log"] = live.record().id.to_string();
  data["state"] = logs::to_string(live.state());
  add_liveness(data, live);
  return data;
}

json::object reset_data(const hub::LiveLog& live, logs::Offset cut) {
  json::object data;
  data["log"] = live.record().id.to_string();
  data["generation"] = live.record().generation.number;
  data["offset"] = cut;
  return data;
}

json::object end_data(const hub::LiveLog& live) {
  const logs::Verdict verdict = live.verdict();
  const std::string& reason = verdict.reason;
  json::object data;
  data["log"] = live.record().id.to_string();
  data["length"] = live.received();
  // The running digest covers the present owner's bytes: all of them unless the log was taken over.
  data["sha256"] = live.record().base == 0 ? json::value(live.sha256()) : json::value(nullptr);
  data["verified"] = verdict.verified;
  data["status"] = status_of(live);
  data["exit_code"] = exit_code_or_null(live);
  data["complete"] = verdict.complete;
  data["reason"] = reason.empty() ? json::value(nullptr) : json::value(reason);
  return data;
}

}  // namespace vela::api
