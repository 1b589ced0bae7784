#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "core/logs/chunk.hpp"
#include "core/store/log_store.hpp"

// Logs in a store, as the tests of stores write and read them.
namespace vela::test {

inline logs::LogId id_of(int number, logs::LogKind kind = logs::LogKind::step) {
  return {{"octocat", "hello", 42}, kind, static_cast<std::uint16_t>(number)};
}

inline base::WallTime at_second(int second) {
  return base::WallTime(std::chrono::seconds(1'700'000'000 + second));
}

inline logs::ChunkSlice slice_of(logs::Offset begin, std::string bytes, int second = 0,
                                 logs::Stream stream = logs::Stream::out) {
  logs::Chunk chunk{begin, std::move(bytes), {{begin, at_second(second), stream}}};
  const auto shared = std::make_shared<const logs::Chunk>(std::move(chunk));
  return {shared, shared->begin, shared->end()};
}

// Writes one log as the hub does.
class LogWriter {
 public:
  LogWriter(store::LogStore& store, logs::LogId id) : store_(store) {
    record_.key = store.allocate_key();
    record_.id = std::move(id);
    record_.state = logs::LogState::running;
    record_.status = logs::StepStatus::running;
    record_.created = at_second(0);
  }
  store::LogRecord& record() { return record_; }
  const std::string& bytes() const { return bytes_; }
  store::LogKey key() const { return record_.key; }

  store::BatchItem item(std::string bytes, bool with_record) {
    store::BatchItem item;
    item.key = record_.key;
    if (with_record) item.record = record_;
    if (!bytes.empty()) item.slices.push_back(slice_of(bytes_.size(), bytes, second_++));
    digest_.update(bytes);
    bytes_ += bytes;
    item.digest_state = digest_.save();
    return item;
  }
  void commit(std::string bytes, bool with_record = false) {
    REQUIRE(store_.commit({item(std::move(bytes), with_record)}).has_value());
  }
  void seal() {
    record_.state = logs::LogState::sealed;
    record_.finished = at_second(second_);
    commit("", true);
  }
  // Another owner goes on where the log stands.
  void take_over() {
    record_.owner = logs::WriterId::make_random();
    record_.base = bytes_.size();
    ++record_.generation.number;
    record_.generation.cut = bytes_.size();
    digest_ = base::Sha256();
    commit("", true);
  }
  std::string digest_state() const { return digest_.save(); }

 private:
  store::LogStore& store_;
  store::LogRecord record_;
  std::string bytes_;
  base::Sha256 digest_;
  int second_ = 0;
};

inline std::string read_all(store::LogStore& store, store::LogKey key, logs::Offset from,
                            std::size_t most) {
  std::string bytes;
  while (true) {
    const auto slices = store.read(key, from + bytes.size(), most);
    REQUIRE(slices.has_value());
    if (slices->empty()) return bytes;
    for (const logs::ChunkSlice& slice : *slices) {
      CHECK(slice.begin == from + bytes.size());
      bytes += slice.bytes();
    }
  }
}

inline void sweep_all(store::LogStore& store) {
  for (int i = 0; i < 1000; ++i) {
    const auto more = store.sweep();
    REQUIRE(more.has_value());
    if (!*more) return;
  }
  FAIL("a sweep without end");
}

}  // namespace vela::test
