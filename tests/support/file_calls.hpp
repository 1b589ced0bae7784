#pragma once

#include <functional>

namespace vela::test {

// A system call by which this process is about to change a file. A write of head and payload is
// seen three times: before it, with its first part written, and with half of its second one too.
enum class FileCall { write, write_parts, head_written, half_written, truncate, allocate };

// While it lives, `before` sees each such call. What it returns, when that is not 0, the call fails
// with (errno); of those that are half done it is not used. Calls that `before` makes itself are
// not seen.
//
// Executor: one thread.
// Lifetime: one at a time.
class FileCalls {
 public:
  explicit FileCalls(std::function<int(FileCall)> before);
  ~FileCalls();
  FileCalls(const FileCalls&) = delete;
  FileCalls& operator=(const FileCalls&) = delete;
};

}  // namespace vela::test
