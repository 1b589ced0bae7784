#include "core/store/sqlite/store_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace vela::store::sqlite {
namespace {

// The lock file may vanish between open and flock once or twice, when another start is refused at
// the same time; not forever.
constexpr int kMaxTries = 10;
constexpr mode_t kFileMode = 0600;

std::filesystem::path directory_of(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  return directory.empty() ? std::filesystem::path(".") : directory;
}

Error cannot_open(const std::string& path, const std::string& why) {
  return Error(ErrorCode::unavailable, "cannot open the store " + path + ": " + why);
}

Error explain_open_failure(const std::string& store_path, int errno_value) {
  const std::string directory = directory_of(store_path).string();
  switch (errno_value) {
    case ENOENT:
      return cannot_open(store_path, "the directory " + directory +
                                         " does not exist; create it with: mkdir -p " + directory);
    case EACCES:
    case EPERM:
      return cannot_open(store_path, "this user (uid " + std::to_string(::geteuid()) +
                                         ") may not write there; let it own " + directory +
                                         ", or name another file with --store");
    case EROFS:
      return cannot_open(store_path,
                         "the file system is read-only; name another file with --store");
    default:
      return errno_error(ErrorCode::unavailable, "cannot open the store " + store_path,
                         errno_value);
  }
}

std::string read_holder(int fd) {
  std::array<char, 32> buffer{};
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
  const std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  return digits.empty() ? std::string() : " (process " + std::string(digits) + ")";
}

// For the message that the next one gets; the lock itself is the flock.
void write_holder(int fd) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace

bool is_still_at(int fd, const std::string& path) {
  struct stat held{};
  struct stat named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

Result<StoreLock> StoreLock::acquire(const std::string& store_path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(store_path, ignored))
    return cannot_open(store_path,
                       "it is a directory; name a file in it, for example " +
                           (std::filesystem::path(store_path) / "vela-logs.db").string());
  const std::string path = store_path + ".lock";
  for (int tries = 0; tries < kMaxTries; ++tries) {
    base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
    const bool is_new = fd.is_open();
    if (!is_new && errno == EEXIST)
      fd.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
    if (!fd.is_open()) return explain_open_failure(store_path, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK)
        return errno_error(ErrorCode::unavailable, "cannot lock " + path, errno);
      return Error(ErrorCode::conflict,
                   "the store " + store_path + " is in use by another vela-logs serve" +
                       read_holder(fd.get()) +
                       "; stop that one, or give this one a file of its own with --store");
    }
    // Whoever created and discarded the file while it was being opened left us a nameless one.
    if (!is_still_at(fd.get(), path)) continue;
    write_holder(fd.get());
    return StoreLock(std::move(fd), path, is_new);
  }
  return Error(ErrorCode::unavailable, "cannot lock " + path + ": it keeps being replaced");
}

void StoreLock::discard() {
  if (is_new_) static_cast<void>(::unlink(path_.c_str()));
  fd_.reset();
}

Result<void> create_store_file(const std::string& store_path) {
  const base::UniqueFd fd(
      ::open(store_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!fd.is_open()) {
    if (errno == EEXIST) return {};
    return explain_open_failure(store_path, errno);
  }
  // The name must survive a power cut like what is stored under it.
  const base::UniqueFd directory(
      ::open(directory_of(store_path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.get()) != 0)
    return errno_error(ErrorCode::unavailable,
                       "cannot write to the directory of the store " + store_path, errno);
  return {};
}

std::optional<std::uint64_t> free_bytes_at(const std::string& path) {
  struct statvfs file_system{};
  if (::statvfs(path.c_str(), &file_system) != 0) return std::nullopt;
  return std::uint64_t{file_system.f_bavail} * file_system.f_frsize;
}

StoreFileSizes look_at_store_file(const std::string& store_path) {
  const auto size_of = [](const std::string& path) -> std::uint64_t {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  };
  StoreFileSizes sizes;
  sizes.database = size_of(store_path);
  sizes.write_ahead_log = size_of(store_path + "-wal");
  sizes.disk_free = free_bytes_at(store_path).value_or(0);
  return sizes;
}

}  // namespace vela::store::sqlite
