#include "core/store/chunk_packer.hpp"

#include "core/base/assert.hpp"

namespace vela::store {
namespace {

// Below, waking a thread up costs more than it saves.
constexpr std::size_t kParallelFrom = 512 * 1024;

std::size_t size_of(const std::vector<ChunkPacker::Row>& rows) {
  std::size_t bytes = 0;
  for (const ChunkPacker::Row& row : rows) bytes += row.back().end - row.front().begin;
  return bytes;
}

}  // namespace

ChunkPacker::ChunkPacker(std::size_t max_helpers) : max_helpers_(max_helpers) {}

ChunkPacker::~ChunkPacker() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  work_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

ChunkPacker::Run::Run(ChunkPacker& packer, const std::vector<Row>& rows, std::size_t compress_from)
    : packer_(packer) {
  packer_.begin(rows, compress_from);
}

ChunkPacker::Run::~Run() { packer_.end(); }

PackedBody ChunkPacker::Run::next() { return packer_.next(); }

void ChunkPacker::begin(const std::vector<Row>& rows, std::size_t compress_from) {
  const bool is_large = rows.size() > 1 && size_of(rows) >= kParallelFrom;
  while (is_large && helpers_.size() < max_helpers_) helpers_.emplace_back([this] { help(); });
  {
    const std::lock_guard lock(mutex_);
    VELA_ASSERT(rows_ == nullptr);
    rows_ = &rows;
    compress_from_ = compress_from;
    is_shared_ = is_large;
    claimed_ = taken_ = 0;
    for (Slot& slot : slots_) slot.is_packed = false;
  }
  if (is_large) work_.notify_all();
}

void ChunkPacker::end() {
  std::unique_lock lock(mutex_);
  rows_ = nullptr;  // no row is claimed any more
  done_.wait(lock, [this] { return busy_ == 0; });
}

PackedBody ChunkPacker::next() {
  std::unique_lock lock(mutex_);
  VELA_ASSERT(rows_ != nullptr && taken_ < rows_->size());
  const std::size_t row = taken_++;
  if (row == claimed_) {
    ++claimed_;
    lock.unlock();
    if (is_shared_) work_.notify_one();
    return codec_.encode((*rows_)[row], compress_from_);
  }
  if (is_shared_) work_.notify_one();
  Slot& slot = slots_[row % kMaxAhead];
  done_.wait(lock, [&slot] { return slot.is_packed; });
  slot.is_packed = false;
  return {slot.encoding, slot.data};
}

void ChunkPacker::help() {
  ChunkCodec codec;
  std::unique_lock lock(mutex_);
  while (true) {
    // The slot of the row that was handed out last is still read.
    const auto has_room = [this] {
      return rows_ != nullptr && is_shared_ && claimed_ < rows_->size() &&
             claimed_ + 1 < taken_ + kMaxAhead;
    };
    work_.wait(lock, [&] { return is_ending_ || has_room(); });
    if (is_ending_) return;
    const std::size_t index = claimed_++;
    const Row& row = (*rows_)[index];
    const std::size_t compress_from = compress_from_;
    ++busy_;
    lock.unlock();
    const PackedBody body = codec.encode(row, compress_from);
    lock.lock();
    Slot& slot = slots_[index % kMaxAhead];
    slot.encoding = body.encoding;
    slot.data.assign(body.data);
    slot.is_packed = true;
    --busy_;
    done_.notify_all();
  }
}

}  // namespace vela::store
