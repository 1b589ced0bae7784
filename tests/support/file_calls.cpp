#include "support/file_calls.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace vela::test {
namespace {

std::function<int(FileCall)> hook;
bool is_in_hook = false;

bool is_seen() { return hook && !is_in_hook; }

// True when the call is to fail; errno says with what.
bool refuses(FileCall call) {
  if (!is_seen()) return false;
  is_in_hook = true;
  const int failure = hook(call);
  is_in_hook = false;
  errno = failure;
  return failure != 0;
}

ssize_t write_parts(int fd, const iovec* parts, int count, off_t place) {
  return ::syscall(SYS_pwritev, fd, parts, count, place, 0L);
}

}  // namespace

FileCalls::FileCalls(std::function<int(FileCall)> before) {
  if (hook) throw std::logic_error("one at a time");
  hook = std::move(before);
}

FileCalls::~FileCalls() { hook = nullptr; }

}  // namespace vela::test

// In the place of libc's, for the program that this is linked into.
extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t place) {
  if (vela::test::refuses(vela::test::FileCall::write)) return -1;
  return ::syscall(SYS_pwrite64, fd, bytes, size, place);
}

ssize_t pwritev(int fd, const iovec* parts, int count, off_t place) {
  using vela::test::FileCall;
  if (vela::test::refuses(FileCall::write_parts)) return -1;
  if (vela::test::is_seen() && count == 2) {
    const std::array<iovec, 2> half{parts[0], iovec{parts[1].iov_base, parts[1].iov_len / 2}};
    vela::test::write_parts(fd, half.data(), 1, place);
    static_cast<void>(vela::test::refuses(FileCall::head_written));
    vela::test::write_parts(fd, half.data(), 2, place);
    static_cast<void>(vela::test::refuses(FileCall::half_written));
  }
  return vela::test::write_parts(fd, parts, count, place);
}

int ftruncate(int fd, off_t size) noexcept {
  if (vela::test::refuses(vela::test::FileCall::truncate)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

int fallocate(int fd, int mode, off_t place, off_t size) {
  if (vela::test::refuses(vela::test::FileCall::allocate)) return -1;
  return static_cast<int>(::syscall(SYS_fallocate, fd, mode, place, size));
}

}  // extern "C"
