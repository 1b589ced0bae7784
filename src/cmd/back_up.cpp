#include "cmd/back_up.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "core/base/logging.hpp"
#include "core/store/backup.hpp"

namespace vela::cmd {
namespace {

// The server beside us comes first.
constexpr int kNice = 10;

}  // namespace

int back_up(const config::ServeOptions& options) {
  if (::nice(kNice) == -1) spdlog::debug("the priority stays as it is");
  const auto report = store::back_up_store(options.store, options.backup_to);
  if (!report) {
    spdlog::error("{}", report.error().text());
    return EXIT_FAILURE;
  }
  std::printf("%s: %zu logs, %llu bytes; the database is sound, ", options.backup_to.c_str(),
              report->logs, static_cast<unsigned long long>(report->bytes));
  if (report->compared == report->logs) {
    std::puts("and every log is as its digest says");
  } else {
    std::puts("but logs were not compared with their digests: the schema is an older one");
  }
  return EXIT_SUCCESS;
}

}  // namespace vela::cmd
