// Preloaded into a program, it moves the program's wall clock by the seconds that a file holds; the
// monotonic clock and timers stay as they are. The file is one std::int64_t in the machine's byte
// order, mapped, so that whoever writes it moves the clock of all programs at once.
//
// $VELA_TEST_MOVED_CLOCK names the file; without it nothing is moved.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

using Seconds = std::atomic<std::int64_t>;
static_assert(Seconds::is_always_lock_free);

const Seconds* map_offset() {
  static const Seconds none{0};
  const char* path = std::getenv("VELA_TEST_MOVED_CLOCK");
  if (path == nullptr) return &none;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return &none;
  void* mapped = ::mmap(nullptr, sizeof(Seconds), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return mapped == MAP_FAILED ? &none : static_cast<const Seconds*>(mapped);
}

std::int64_t offset() {
  static const Seconds* const mapped_offset = map_offset();
  return mapped_offset->load(std::memory_order_relaxed);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    time->tv_sec += offset();
  return result;
}

extern "C" int gettimeofday(timeval* time, void* zone) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_gettimeofday, time, zone));
  if (result == 0 && time != nullptr) time->tv_sec += offset();
  return result;
}

extern "C" time_t time(time_t* result) noexcept {
  timespec now{};
  static_cast<void>(clock_gettime(CLOCK_REALTIME, &now));
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}
