#include "cmd/print_spool.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/error.hpp"
#include "core/base/logging.hpp"
#include "core/buffer/spool.hpp"
#include "core/buffer/spool_directory.hpp"

namespace vela::cmd {
namespace {

// What is read and written in one go.
constexpr std::size_t kPieceBytes = 256 * 1024;

Result<buffer::SpoolFile> open_spool_file(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0)
    return errno_error(ErrorCode::not_found, "reading the spool " + path, errno);
  Result<std::optional<buffer::SpoolFile>> file = buffer::SpoolDirectory::claim(path);
  if (!file) return file.error();
  if (!*file)
    return Error(ErrorCode::conflict,
                 path + " is being delivered by a run-step that is alive; wait for its end");
  return std::move(**file);
}

Error write_failure() {
  return errno_error(ErrorCode::unavailable, "writing to standard output", errno);
}

Result<void> print(const std::string& path) {
  Result<buffer::SpoolFile> file = open_spool_file(path);
  if (!file) return file.error();
  const buffer::SpoolIdentity identity = file->identity();
  const Result<buffer::Spool> spool = buffer::Spool::resume(std::move(*file));
  if (!spool) return Error(spool.error().code(), path + ": " + spool.error().text());
  for (logs::Offset at = spool->begin(); at != spool->end();) {
    const std::vector<logs::ChunkSlice> slices = spool->slices(at, kPieceBytes);
    if (slices.empty())
      return spool->read_failure().value_or(Error(ErrorCode::corrupt, path + " is not whole"));
    for (const logs::ChunkSlice& slice : slices)
      if (std::fwrite(slice.bytes().data(), 1, slice.size(), stdout) != slice.size())
        return write_failure();
    at = slices.back().end;
  }
  if (std::fflush(stdout) != 0) return write_failure();
  spdlog::info("{}: bytes {} to {}, meant for {}{}", identity.log.to_string(), spool->begin(),
               spool->end(), identity.server,
               spool->begin() == 0 ? "" : "; those before were on the server");
  return {};
}

}  // namespace

int print_spool(const std::string& path) {
  const Result<void> printed = print(path);
  if (printed) return EXIT_SUCCESS;
  spdlog::error("{}", printed.error().text());
  return EXIT_FAILURE;
}

}  // namespace vela::cmd
