#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/logs/chunk.hpp"
#include "core/store/chunk_codec.hpp"

namespace vela::store {

// Packs the rows of a batch, large batches on several threads at once: compressing is most of what
// a commit costs, and the one thread that commits would leave the other processors idle.
//
// Executor: one thread at a time.
// Limits:   at most kMaxAhead packed rows wait for their turn, whatever the batch holds.
class ChunkPacker {
 public:
  // Beside the caller's, at most `max_helpers` threads pack; they are started when first needed.
  explicit ChunkPacker(std::size_t max_helpers);
  ~ChunkPacker();
  ChunkPacker(const ChunkPacker&) = delete;
  ChunkPacker& operator=(const ChunkPacker&) = delete;

  using Row = std::vector<logs::ChunkSlice>;

  // One batch. `rows` and the packer outlive it; one at a time.
  class Run {
   public:
    Run(ChunkPacker& packer, const std::vector<Row>& rows, std::size_t compress_from);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // The rows in their order, each once. The view lives until the next call.
    [[nodiscard]] PackedBody next();

   private:
    ChunkPacker& packer_;
  };

  // The codec of the caller's thread, for what is not packed in a run.
  [[nodiscard]] ChunkCodec& codec() { return codec_; }

 private:
  static constexpr std::size_t kMaxAhead = 4;
  struct Slot {
    bool is_packed = false;
    Encoding encoding = Encoding::framed;
    std::string data;
  };

  void begin(const std::vector<Row>& rows, std::size_t compress_from);
  void end();
  [[nodiscard]] PackedBody next();
  void help();

  const std::size_t max_helpers_;
  std::vector<std::thread> helpers_;
  ChunkCodec codec_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable work_;  // a row may be claimed, or the helpers end
  std::condition_variable done_;  // a helper has packed its row
  const std::vector<Row>* rows_ = nullptr;
  std::size_t compress_from_ = 0;
  bool is_shared_ = false;   // large enough for the helpers
  std::size_t claimed_ = 0;  // rows below are packed or being packed
  std::size_t taken_ = 0;    // rows below were handed out by next()
  std::size_t busy_ = 0;     // helpers that are packing
  bool is_ending_ = false;
  Slot slots_[kMaxAhead];  // of row i: i % kMaxAhead
};

}  // namespace vela::store
