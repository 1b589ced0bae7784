#include "core/step/step_spool.hpp"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "core/uplink/leftovers.hpp"

namespace vela::step {
namespace {

const char* find_env(const char* name) { return std::getenv(name); }

std::string path_of(const SpoolOptions& options) {
  if (!options.directory.empty()) return options.directory;
  return buffer::default_spool_directory(::geteuid() == 0, &find_env);
}

}  // namespace

Result<buffer::SpoolDirectory> open_spool_directory(const SpoolOptions& options) {
  std::string path = path_of(options);
  if (path.empty())
    return Error(ErrorCode::unavailable, "there is no home directory to keep output in");
  return buffer::SpoolDirectory::open(std::move(path));
}

Result<std::optional<buffer::SpoolDirectory>> find_spool_directory(const SpoolOptions& options) {
  auto directory = buffer::SpoolDirectory::open_existing(path_of(options));
  if (directory) return std::optional(std::move(*directory));
  const bool is_nothing =
      directory.error().code() == ErrorCode::not_found && options.directory.empty();
  if (is_nothing) return std::optional<buffer::SpoolDirectory>();
  return directory.error();
}

Result<StepSpool> open_spool(const SpoolOptions& options, const uplink::Target& target) {
  Result<buffer::SpoolDirectory> directory = open_spool_directory(options);
  if (!directory) return directory.error();
  StepSpool opened;
  opened.directory = *directory;
  if (auto left = uplink::adopt_leftover(*directory, target.server, target.log, options.limit)) {
    opened.spool = std::move(*left);
    opened.is_adopted = true;
    return opened;
  }
  Result<buffer::Spool> fresh = uplink::begin_spool(*directory, target, options.limit);
  if (!fresh) return fresh.error();
  opened.spool = std::move(*fresh);
  return opened;
}

}  // namespace vela::step
