#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "core/api/metrics.hpp"

namespace vela::api {
namespace {

std::string read_file(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

double count_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  if (!folder) return 0;
  // ".", ".." and the folder's own.
  double count = -3;
  while (::readdir(folder.get()) != nullptr) ++count;
  return count;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto to_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * kMicrosecond;
  };
  return to_seconds(usage.ru_utime) + to_seconds(usage.ru_stime);
}

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// proc(5), /proc/PID/stat: field 22 is ticks since the boot, counted behind the name, which ends with
// the last ')'. /proc/stat has the boot's time too, but not where ProcSubset=pid hides it.
double start_time() {
  const std::string stat = read_file("/proc/self/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  if (field.empty()) return 0;
  return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
         std::stod(field) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// /proc/self/statm: total and resident pages.
double resident_bytes() {
  std::istringstream fields(read_file("/proc/self/statm"));
  double total = 0;
  double resident = 0;
  fields >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void put_process_metrics(MetricFamilies& out) {
  static const double started = start_time();
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  out.add_counter("process_cpu_seconds_total", "User and system CPU time", cpu_seconds());
  out.add_gauge("process_resident_memory_bytes", "Memory that is in use", resident_bytes());
  out.add_gauge("process_open_fds", "File descriptors that are open", count_descriptors());
  out.add_gauge("process_max_fds", "How many there may be", static_cast<double>(files.rlim_cur));
  out.add_gauge("process_start_time_seconds", "When it was started, since 1970", started);
}

}  // namespace vela::api
