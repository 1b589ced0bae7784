#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/buffer/spool_file.hpp"

namespace vela::buffer {

// The directory of a machine's spools: one file `WRITER.spool` for each log that is not delivered,
// 0600 in a directory 0700. Whoever holds a file's lock (flock) delivers it; the lock goes with its
// process, so a file that is not locked is a dead run's.
//
// Blocking: a few system calls.
class SpoolDirectory {
 public:
  // Makes it with its parents where it is missing, and deletes what was refused 7 days ago.
  // Errors: unavailable, when files can't be made in it.
  [[nodiscard]] static Result<SpoolDirectory> open(std::string path);

  // One that is there. Errors: not_found, unavailable.
  [[nodiscard]] static Result<SpoolDirectory> open_existing(std::string path);

  // A new file, locked. Errors: unavailable; invalid.
  [[nodiscard]] Result<SpoolFile> create(const SpoolIdentity& identity,
                                         const Ownership& ownership) const;

  // The paths of the spools of such a log, locked or not, oldest first; an empty `server` and no `log`
  // are any. Those of others are not even locked for a moment: who looks for them would take them for
  // being delivered.
  [[nodiscard]] std::vector<std::string> find(const std::string& server,
                                              const std::optional<logs::LogId>& log) const;

  // The spool with its lock; nothing when somebody else has that, or the file is gone. Errors:
  // corrupt, unavailable.
  [[nodiscard]] static Result<std::optional<SpoolFile>> claim(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit SpoolDirectory(std::string path) : path_(std::move(path)) {}
  void delete_old() const;

  std::string path_;
};

// Where spools lie unless somebody says otherwise: below the state directory of root or of a user.
// `find_env` is getenv. Empty when there is no home.
[[nodiscard]] std::string default_spool_directory(bool is_root,
                                                  const char* (*find_env)(const char* name));

}  // namespace vela::buffer
