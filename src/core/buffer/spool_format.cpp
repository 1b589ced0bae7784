#include "core/buffer/spool_format.hpp"

#include <cstddef>
#include <cstring>
#include <utility>

#include "core/base/crc32c.hpp"
#include "core/base/encoding.hpp"
#include "core/base/number.hpp"
#include "core/base/query.hpp"

namespace vela::buffer {
namespace {

constexpr std::string_view kFormat = "vela-logs-spool-2";
constexpr std::size_t kBlockHeadBytes = 2 * sizeof(std::uint32_t);

Error corrupt(std::string_view what) {
  std::string text("the spool's ");
  text.append(what).append(" is damaged or of another version");
  return Error(ErrorCode::corrupt, std::move(text));
}

std::string_view raw(const std::uint32_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

Result<std::string> make_block(const base::Query& query) {
  const std::string text = query.to_string();
  if (kBlockHeadBytes + text.size() > kBlockBytes)
    return Error(ErrorCode::invalid, "the server's URL is too long for a spool");
  const auto length = static_cast<std::uint32_t>(text.size());
  const std::uint32_t checksum = base::crc32c(text);
  std::string block(raw(length));
  block.append(raw(checksum)).append(text);
  return block;
}

std::optional<base::Query> read_block(std::string_view block) {
  std::uint32_t length = 0;
  std::uint32_t checksum = 0;
  if (block.size() < kBlockHeadBytes) return std::nullopt;
  std::memcpy(&length, block.data(), sizeof length);
  std::memcpy(&checksum, block.data() + sizeof length, sizeof checksum);
  block.remove_prefix(kBlockHeadBytes);
  if (length > block.size()) return std::nullopt;
  const std::string_view text = block.substr(0, length);
  if (base::crc32c(text) != checksum) return std::nullopt;
  Result<base::Query> query = base::Query::parse(text);
  if (!query) return std::nullopt;
  return std::move(*query);
}

std::string text_of(const base::Query& query, std::string_view name) {
  return std::string(query.find(name).value_or(""));
}

std::uint32_t checksum_of(const RecordHead& head, std::string_view payload) {
  const std::string_view covered = bytes_of(head).substr(offsetof(RecordHead, position));
  // The length is covered too: a head of zeros must not vouch for itself.
  return base::crc32c(payload, base::crc32c(covered, base::crc32c(raw(head.length))));
}

}  // namespace

Result<std::string> encode_identity(const SpoolIdentity& identity) {
  base::Query query;
  query.add("format", std::string(kFormat));
  query.add("server", identity.server);
  query.add("log", identity.log.to_string());
  query.add("name", logs::cut_step_name(identity.name));
  query.add("started", std::to_string(base::to_unix_micros(identity.started)));
  return make_block(query);
}

Result<SpoolIdentity> decode_identity(std::string_view block) {
  const auto query = read_block(block);
  if (!query || query->find("format") != kFormat) return corrupt("header");
  const Result<logs::LogId> log = logs::LogId::parse(text_of(*query, "log"));
  const auto started = base::parse_number(query->find("started").value_or(""));
  if (!log || !started) return corrupt("header");
  SpoolIdentity identity;
  identity.server = text_of(*query, "server");
  identity.log = *log;
  identity.name = text_of(*query, "name");
  identity.started = base::from_unix_micros(static_cast<std::int64_t>(*started));
  return identity;
}

Result<std::string> encode_state(const SpoolState& state) {
  base::Query query;
  query.add("number", std::to_string(state.number));
  query.add("writer", state.ownership.writer.to_string());
  if (state.ownership.replaces.is_set())
    query.add("replaces", state.ownership.replaces.to_string());
  query.add("owner", state.ownership.is_owner ? "1" : "0");
  query.add("lost", std::to_string(state.ownership.lost));
  query.add("base", std::to_string(state.base));
  query.add("place", std::to_string(state.place));
  query.add("position", std::to_string(state.position));
  query.add("skip", std::to_string(state.skip));
  query.add("offset", std::to_string(state.offset));
  query.add("prefix", base::to_hex(state.prefix));
  query.add("sha256", base::to_hex(state.digest.save()));
  return make_block(query);
}

Result<SpoolState> decode_state(std::string_view block) {
  const auto query = read_block(block);
  if (!query) return corrupt("state");
  SpoolState state;
  const auto read = [&query](std::string_view name, std::uint64_t& number) {
    const auto found = base::parse_number(query->find(name).value_or(""));
    number = found.value_or(0);
    return found.has_value();
  };
  if (!read("number", state.number) || !read("lost", state.ownership.lost) ||
      !read("base", state.base) || !read("place", state.place) ||
      !read("position", state.position) || !read("skip", state.skip) ||
      !read("offset", state.offset))
    return corrupt("state");
  const auto writer = logs::WriterId::parse(text_of(*query, "writer"));
  const auto prefix = base::from_hex(text_of(*query, "prefix"));
  const auto saved = base::from_hex(text_of(*query, "sha256"));
  if (!writer || !prefix || !saved) return corrupt("state");
  const bool is_sound = prefix->size() <= state.offset && state.skip <= ~state.position;
  if (!is_sound) return corrupt("state");
  const Result<base::Sha256> digest = base::Sha256::restore(*saved);
  if (!digest) return corrupt("state");
  state.ownership.writer = *writer;
  state.ownership.replaces =
      logs::WriterId::parse(text_of(*query, "replaces")).value_or(logs::WriterId());
  state.ownership.is_owner = query->find("owner") == "1";
  state.prefix = *prefix;
  state.digest = *digest;
  return state;
}

std::string encode_jump(std::uint64_t place) {
  std::string payload(sizeof place, '\0');
  std::memcpy(payload.data(), &place, sizeof place);
  return payload;
}

std::optional<std::uint64_t> decode_jump(std::string_view payload) {
  std::uint64_t place = 0;
  if (payload.size() != sizeof place) return std::nullopt;
  std::memcpy(&place, payload.data(), sizeof place);
  if (place < kFirstRecordPlace || (place - kFirstRecordPlace) % kSegmentBytes != 0)
    return std::nullopt;
  return place;
}

std::string_view bytes_of(const RecordHead& head) {
  return {reinterpret_cast<const char*>(&head), sizeof head};
}

RecordHead make_head(RecordKind kind, std::uint64_t position, base::WallTime time,
                     std::string_view payload) {
  RecordHead head;
  head.length = static_cast<std::uint32_t>(payload.size());
  head.position = position;
  head.time = base::to_unix_micros(time);
  head.kind = kind;
  head.checksum = checksum_of(head, payload);
  return head;
}

std::optional<Record> find_record(std::string_view bytes, std::uint64_t position) {
  Record record;
  if (bytes.size() < sizeof record.head) return std::nullopt;
  std::memcpy(&record.head, bytes.data(), sizeof record.head);
  bytes.remove_prefix(sizeof record.head);
  const RecordHead& head = record.head;
  if (head.length == 0 || head.length > kMaxRecordBytes || head.length > bytes.size())
    return std::nullopt;
  record.payload = bytes.substr(0, head.length);
  if (head.position != position || head.kind > RecordKind::jump) return std::nullopt;
  if (checksum_of(head, record.payload) != head.checksum) return std::nullopt;
  return record;
}

}  // namespace vela::buffer
