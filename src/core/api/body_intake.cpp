#include "core/api/body_intake.hpp"

#include <chrono>

namespace vela::api {

void BodyIntake::on_body(std::string_view bytes) {
  last_ = base::steady_now();
  if (!first_) first_ = last_;
  if (ignores_ || has_failed()) return;
  if (!is_framed_) {
    marks_.assign(1, {0, base::wall_now(), logs::Stream::unknown});
    place(bytes);
    return;
  }
  payload_.clear();
  marks_.clear();
  const auto decoded = decoder_.put(bytes, *this);
  if (!payload_.empty()) place(payload_);
  if (!decoded && !fault_) fault_ = decoded.error();
}

void BodyIntake::on_output(base::WallTime time, logs::Stream stream, std::string_view bytes) {
  if (marks_.empty() || marks_.back().time != time || marks_.back().stream != stream)
    marks_.push_back({payload_.size(), time, stream});
  payload_.append(bytes);
}

void BodyIntake::on_event(std::string_view /*json*/) {
  fault_ = Error(ErrorCode::invalid, "bad framed body: a writer sends output only");
}

void BodyIntake::place(std::string_view bytes) {
  refusal_ = hub_.place(log_, writer_, cursor_, bytes, marks_);
  cursor_ += bytes.size();
}

std::optional<Error> BodyIntake::end_fault() const {
  // What came after a refusal was not decoded, so it says nothing about the body's end.
  if (ignores_ || has_failed() || !is_framed_ || decoder_.is_at_boundary()) return std::nullopt;
  return Error(ErrorCode::invalid, "bad framed body: it ends within a frame");
}

std::chrono::milliseconds BodyIntake::received_over() const {
  if (!first_) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(last_ - *first_);
}

}  // namespace vela::api
