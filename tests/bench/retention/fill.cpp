#include "bench/retention/fill.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/sha256.hpp"
#include "core/store/log_store.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""h;

constexpr int kLogsPerBuild = 10;
constexpr int kLogsPerCommit = 500;
constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::size_t kPiecesPerCommit = 32;
constexpr auto kOld = 24h * 365;

store::LogRecord record_of(store::LogStore& store, logs::BuildId build, int number,
                           base::WallTime when) {
  store::LogRecord record;
  record.key = store.allocate_key();
  record.id = {std::move(build), logs::LogKind::step, static_cast<std::uint16_t>(number)};
  record.state = logs::LogState::sealed;
  record.status = logs::StepStatus::success;
  record.created = record.started.emplace(when);
  record.finished = record.last_output = when;
  return record;
}

logs::ChunkSlice slice_of(logs::Offset begin, std::string bytes, base::WallTime when) {
  logs::Chunk chunk{begin, std::move(bytes), {{begin, when, logs::Stream::out}}};
  const auto shared = std::make_shared<const logs::Chunk>(std::move(chunk));
  return {shared, shared->begin, shared->end()};
}

store::BatchItem whole_log(store::LogRecord record, std::string text) {
  store::BatchItem item;
  base::Sha256 digest;
  digest.update(text);
  item.key = record.key;
  item.slices.push_back(slice_of(0, std::move(text), record.created));
  item.record = std::move(record);
  item.digest_state = digest.save();
  return item;
}

std::string lines(std::size_t bytes, int seed) {
  std::string text;
  for (int i = seed; text.size() < bytes; ++i)
    text += "compiling source file number " + std::to_string(i * 7919) + "\n";
  return text;
}

void add_noise(std::string& bytes, std::uint64_t& state) {
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    for (std::size_t k = 0; k < 8; ++k) bytes[i + k] = static_cast<char>(state >> (8 * k));
  }
}

Result<void> fill_small(store::LogStore& store, int count, base::WallTime when) {
  std::vector<store::BatchItem> batch;
  for (int i = 0; i < count; ++i) {
    const auto build = 1 + static_cast<std::uint64_t>(i / kLogsPerBuild);
    store::LogRecord record =
        record_of(store, {"octocat", "old", build}, 1 + i % kLogsPerBuild, when);
    batch.push_back(whole_log(std::move(record), lines(100 + i % 9 * 100, i)));
    if (batch.size() < kLogsPerCommit && i + 1 < count) continue;
    if (auto done = store.commit(batch); !done) return done;
    batch.clear();
  }
  return {};
}

Result<void> fill_big(store::LogStore& store, std::uint64_t bytes, base::WallTime when) {
  const store::LogRecord record = record_of(store, {"octocat", "big", 1}, 1, when);
  base::Sha256 digest;
  std::uint64_t state = 88172645463325252;
  for (logs::Offset at = 0; at < bytes;) {
    store::BatchItem item;
    item.key = record.key;
    for (std::size_t i = 0; i < kPiecesPerCommit && at < bytes; ++i) {
      std::string piece(std::min<std::uint64_t>(kPieceBytes, bytes - at), 'x');
      add_noise(piece, state);
      digest.update(piece);
      item.slices.push_back(slice_of(at, std::move(piece), when));
      at = item.slices.back().end;
    }
    item.record = record;
    item.digest_state = digest.save();
    if (auto done = store.commit({item}); !done) return done;
  }
  return {};
}

}  // namespace

std::string kept_text(int number) { return lines(20'000, number); }

Result<void> fill(const std::string& path, const Filling& filling) {
  auto store = store::open_store(path);
  if (!store) return store.error();
  const base::WallTime now = base::wall_now();
  if (auto done = fill_small(**store, filling.small_logs, now - kOld); !done) return done;
  if (auto done = fill_big(**store, filling.big_bytes, now - kOld); !done) return done;
  for (int i = 1; i <= filling.kept_logs; ++i) {
    store::LogRecord record = record_of(**store, {"octocat", "kept", 1}, i, now);
    const store::BatchItem item = whole_log(std::move(record), kept_text(i));
    if (auto done = (*store)->commit({item}); !done) return done;
  }
  // Until all is in frames, as in a store that was used for long.
  while (true) {
    const auto more = (*store)->sweep();
    if (!more) return more.error();
    if (!*more) break;
  }
  return (*store)->close();
}

}  // namespace vela::bench
