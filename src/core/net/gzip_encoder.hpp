#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace vela::net {

// One gzip stream (RFC 1952), made piece by piece by zlib.
//
// Limits: about 260 KiB of memory.
class GzipEncoder {
 public:
  GzipEncoder();
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  // Appends to `out` what can be written of `bytes` so far.
  void put(std::string_view bytes, std::string& out);
  // Appends the rest and the trailer. Nothing may follow.
  void finish(std::string& out);

 private:
  void run(std::string_view bytes, int flush, std::string& out);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vela::net
