#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace vela::store::sqlite {

// Claims the store at a path for this process: flock on PATH.lock, held until the object ends or
// the process does, however it ends. Never on the database itself, whose locks are SQLite's.
//
// Errors: conflict, when another process holds it; unavailable, when the directory is missing or
// may
//         not be written to, or the path names a directory. The text says what to do.
class StoreLock {
 public:
  [[nodiscard]] static Result<StoreLock> acquire(const std::string& store_path);

  // Removes the lock file if it was not there before: what it stood beside is no store of ours.
  void discard();

 private:
  StoreLock(base::UniqueFd fd, std::string path, bool is_new)
      : fd_(std::move(fd)), path_(std::move(path)), is_new_(is_new) {}

  base::UniqueFd fd_;
  std::string path_;
  bool is_new_;
};

// Creates the store's file, empty and readable by nobody else, if there is none: logs are not for
// every user of the host. SQLite gives the files beside it the same rights.
// Errors: unavailable.
[[nodiscard]] Result<void> create_store_file(const std::string& store_path);

// Whether `path` still names the open file: it may have been replaced or removed meanwhile.
[[nodiscard]] bool is_still_at(int fd, const std::string& path);

// What a user without rights may still write to the file system at `path`.
[[nodiscard]] std::optional<std::uint64_t> free_bytes_at(const std::string& path);

struct StoreFileSizes {
  std::uint64_t database = 0;
  std::uint64_t write_ahead_log = 0;
  std::uint64_t disk_free = 0;  // to a process without privileges
};

// A look at the file, the one beside it and their file system; 0 for what can't be seen.
[[nodiscard]] StoreFileSizes look_at_store_file(const std::string& store_path);

}  // namespace vela::store::sqlite
