// The texts of a request that are neither head nor body: its query, Range, names and cursors.
#include <string>

#include "core/api/read_request.hpp"
#include "core/api/write_request.hpp"
#include "core/base/query.hpp"
#include "core/follow/target.hpp"
#include "core/logs/log_id.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/offset.hpp"

#include "fuzz/fuzz_target.hpp"

namespace vela::fuzz {
namespace {

void check_seal(const base::Query& query) {
  const auto seal = logs::parse_seal(query);
  if (!seal) return;
  base::Query written;
  logs::add_to_query(written, *seal);
  const auto back = logs::parse_seal(written);
  VELA_ASSERT(back.has_value() && *back == *seal);
}

void check_query(std::string_view text) {
  const auto query = base::Query::parse(text);
  if (!query) return;
  const std::string written = query->to_string();
  const auto back = base::Query::parse(written);
  VELA_ASSERT(back.has_value() && back->to_string() == written);
  check_seal(*query);
  net::Request request;
  static_cast<void>(api::parse_write(request, *query));
  const auto read = api::parse_read(request, *query);
  VELA_ASSERT(!read || !read->wait || read->cursor || read->offset);
}

void check_range(std::string_view text) {
  net::Request request;
  request.headers.emplace_back("Range", std::string(text));
  const auto read = api::parse_read(request, base::Query());
  VELA_ASSERT(read.has_value());
  if (!read->range) return;
  for (const logs::Offset length : {0U, 1U, 100U, 4'000'000'000U}) {
    const auto span = api::resolve(*read->range, length);
    VELA_ASSERT(!span || (span->begin < span->end && span->end <= length));
  }
}

void check_names(std::string_view text) {
  if (const auto log = logs::LogId::parse(text)) {
    VELA_ASSERT(logs::LogId::parse(log->to_string()).value() == *log);
    VELA_ASSERT(logs::LogId::parse_short_name(log->build, log->short_name()) == *log);
  }
  if (const auto build = logs::BuildId::parse(text))
    VELA_ASSERT(logs::BuildId::parse(build->to_string()).value() == *build);
  if (const auto cursor = logs::Cursor::parse(text))
    VELA_ASSERT(logs::Cursor::parse(cursor->to_string()) == cursor);
  if (const auto target = follow::Target::parse(text))
    VELA_ASSERT(target->events_path().starts_with("/api/v1/repos/"));
}

}  // namespace

void check(std::string_view input) {
  check_query(input);
  check_range(input);
  check_names(input);
}

}  // namespace vela::fuzz
