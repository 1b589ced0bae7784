#include "core/buffer/spool_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace vela::buffer {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""h;

constexpr std::string_view kSuffix = ".spool";
// Not a spool yet: it gets its name when it is locked and whole.
constexpr std::string_view kNewSuffix = ".new";
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
// Time enough for a person to look into it.
constexpr auto kKeepRejected = 7 * 24h;

constexpr const char* kRootDirectory = "/var/lib/vela-logs/spool";
constexpr const char* kBelowState = "/vela-logs/spool";
constexpr const char* kBelowHome = "/.local/state";

// Every directory that is made is private, also the parents: they are ours too.
Result<void> make_directories(const fs::path& path) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) return {};
  if (path.has_parent_path() && path.parent_path() != path)
    if (auto made = make_directories(path.parent_path()); !made) return made;
  if (::mkdir(path.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  return errno_error(ErrorCode::unavailable, "making the directory " + path.string(), errno);
}

// The name still leads to the file that is open.
bool is_still_there(int fd, const std::string& path) {
  struct stat held{};
  struct stat named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

// Whether it is a spool of such a log.
bool is_for(const std::string& path, const std::string& server,
            const std::optional<logs::LogId>& log) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return false;
  const Result<SpoolIdentity> identity = SpoolFile::read_identity(fd.get());
  // One that can't be read is told of by whoever wants all.
  if (!identity) return server.empty() && !log;
  return (server.empty() || identity->server == server) && (!log || identity->log == *log);
}

}  // namespace

Result<SpoolDirectory> SpoolDirectory::open(std::string path) {
  if (auto made = make_directories(path); !made) return made.error();
  return open_existing(std::move(path));
}

Result<SpoolDirectory> SpoolDirectory::open_existing(std::string path) {
  if (std::error_code ec; !fs::is_directory(path, ec))
    return Error(ErrorCode::not_found, "there is no directory " + path);
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    return errno_error(ErrorCode::unavailable, "writing into the directory " + path, errno);
  SpoolDirectory directory(std::move(path));
  directory.delete_old();
  return directory;
}

Result<SpoolFile> SpoolDirectory::create(const SpoolIdentity& identity,
                                         const Ownership& ownership) const {
  const std::string path = path_ + "/" + ownership.writer.to_string() + std::string(kSuffix);
  const std::string made = path + std::string(kNewSuffix);
  base::UniqueFd fd(::open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!fd.is_open()) return errno_error(ErrorCode::unavailable, "making the spool " + path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const int failure = errno;
    ::unlink(made.c_str());
    return errno_error(ErrorCode::unavailable, "locking the spool " + path, failure);
  }
  Result<SpoolFile> file = SpoolFile::create(std::move(fd), path, identity, ownership);
  if (file && ::rename(made.c_str(), path.c_str()) != 0)
    file = errno_error(ErrorCode::unavailable, "naming the spool " + path, errno);
  if (!file) ::unlink(made.c_str());
  return file;
}

std::vector<std::string> SpoolDirectory::find(const std::string& server,
                                              const std::optional<logs::LogId>& log) const {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code ec;
  for (fs::directory_iterator at(path_, ec), end; !ec && at != end; at.increment(ec)) {
    if (at->path().extension() != kSuffix || !is_for(at->path(), server, log)) continue;
    std::error_code gone;
    const auto time = fs::last_write_time(at->path(), gone);
    if (!gone) found.emplace_back(time, at->path().string());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  paths.reserve(found.size());
  for (auto& [time, path] : found) paths.push_back(std::move(path));
  return paths;
}

Result<std::optional<SpoolFile>> SpoolDirectory::claim(const std::string& path) {
  base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) {
    if (errno == ENOENT) return std::optional<SpoolFile>();
    return errno_error(ErrorCode::unavailable, "opening the spool " + path, errno);
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<SpoolFile>();
    return errno_error(ErrorCode::unavailable, "locking the spool " + path, errno);
  }
  // Who had the lock before may have delivered it.
  if (!is_still_there(fd.get(), path)) return std::optional<SpoolFile>();
  Result<SpoolFile> file = SpoolFile::open(std::move(fd), path);
  if (!file) return Error(file.error().code(), path + ": " + file.error().text());
  return std::optional<SpoolFile>(std::move(*file));
}

void SpoolDirectory::delete_old() const {
  const auto oldest = fs::file_time_type::clock::now() - kKeepRejected;
  std::error_code ec;
  for (fs::directory_iterator at(path_, ec), end; !ec && at != end; at.increment(ec)) {
    // A new one that old has lost its maker before it was whole.
    const fs::path suffix = at->path().extension();
    if (suffix != kRejectedSuffix && suffix != kNewSuffix) continue;
    std::error_code ignored;
    const auto time = fs::last_write_time(at->path(), ignored);
    if (!ignored && time < oldest) fs::remove(at->path(), ignored);
  }
}

std::string default_spool_directory(bool is_root, const char* (*find_env)(const char* name)) {
  if (is_root) return kRootDirectory;
  const auto value = [find_env](const char* name) {
    const char* found = find_env(name);
    return std::string(found == nullptr ? "" : found);
  };
  // The specification ignores a path that is not absolute.
  if (const std::string state = value("XDG_STATE_HOME"); state.starts_with('/'))
    return state + kBelowState;
  const std::string home = value("HOME");
  return home.starts_with('/') ? home + kBelowHome + kBelowState : std::string();
}

}  // namespace vela::buffer
