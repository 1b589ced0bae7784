#include "core/buffer/spool_segments.hpp"

#include <algorithm>

#include "core/base/assert.hpp"

namespace vela::buffer {

SpoolSegments::SpoolSegments(const std::vector<std::uint64_t>& held, std::uint64_t size)
    : held_(held.begin(), held.end()) {
  VELA_ASSERT(!held_.empty());
  std::vector<std::uint64_t> sorted = held;
  std::sort(sorted.begin(), sorted.end());
  end_ = sorted.back() + kSegmentBytes;
  if (size > end_) end_ = end_of(size - 1);
  for (std::uint64_t segment = kFirstRecordPlace; segment != end_; segment += kSegmentBytes)
    if (!std::binary_search(sorted.begin(), sorted.end(), segment)) spare_.push_back(segment);
}

std::uint64_t SpoolSegments::begin_of(std::uint64_t place) {
  VELA_ASSERT(place >= kFirstRecordPlace);
  return place - (place - kFirstRecordPlace) % kSegmentBytes;
}

std::uint64_t SpoolSegments::next() const {
  if (!spare_.empty()) return spare_.back();
  return holes_.empty() ? end_ : holes_.back();
}

void SpoolSegments::take() {
  held_.push_back(next());
  if (!spare_.empty()) {
    spare_.pop_back();
  } else if (!holes_.empty()) {
    holes_.pop_back();
  } else {
    end_ += kSegmentBytes;
  }
}

void SpoolSegments::free_before(std::uint64_t place) {
  const std::uint64_t first = begin_of(place);
  while (held_.front() != first) {
    spare_.push_back(held_.front());
    held_.pop_front();
    VELA_ASSERT(!held_.empty());
  }
}

std::optional<std::uint64_t> SpoolSegments::spare_beyond(std::size_t keep) const {
  if (spare_.size() <= keep) return std::nullopt;
  return spare_.front();
}

void SpoolSegments::has_given_back() {
  VELA_ASSERT(!spare_.empty());
  holes_.push_back(spare_.front());
  spare_.pop_front();
}

void SpoolSegments::drop_spare() {
  VELA_ASSERT(!spare_.empty());
  spare_.pop_front();
}

}  // namespace vela::buffer
