#include "core/store/sqlite/backup.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/base/sha256.hpp"
#include "core/base/unique_fd.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/reader.hpp"
#include "core/store/sqlite/schema.hpp"
#include "core/store/sqlite/store_file.hpp"
#include "core/store/sqlite/writer.hpp"

namespace vela::store::sqlite {
namespace {

// What the copy is built in; each page is written once.
constexpr std::size_t kCopyCacheBytes = 4 * 1024 * 1024;
// A log is read in pieces of this size when it is compared.
constexpr std::size_t kReadBytes = 1024 * 1024;
// How much of the copy waits to be written: what comes in this long.
constexpr std::chrono::milliseconds kWritingPause{50};

Error exists_already(const std::string& target) {
  return Error(ErrorCode::conflict, "will not write over " + target +
                                        ": it is there already; name another file, or move that "
                                        "one away");
}

// TARGET.partial, until it is whole. What a backup that was killed left is used again.
class PartialFile {
 public:
  static Result<PartialFile> create(const std::string& target) {
    struct stat file{};
    if (::lstat(target.c_str(), &file) == 0) return exists_already(target);
    std::string path = target + ".partial";
    base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.is_open())
      return errno_error(ErrorCode::unavailable, "cannot write the backup " + path, errno);
    // While the lock was waited for, another backup may have given the file its name, or removed it.
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || !is_still_at(fd.get(), path))
      return Error(ErrorCode::conflict,
                   "another backup writes " + path + "; wait for it, or name another file");
    if (::fstat(fd.get(), &file) != 0 || !S_ISREG(file.st_mode) || file.st_uid != ::geteuid() ||
        file.st_nlink != 1)
      return Error(ErrorCode::conflict, "will not write over " + path +
                                            ": it is somebody else's, or has another name too; "
                                            "remove it, or name another file");
    if (::fchmod(fd.get(), 0600) != 0 || ::ftruncate(fd.get(), 0) != 0)
      return errno_error(ErrorCode::unavailable, "cannot write the backup " + path, errno);
    return PartialFile(std::move(fd), std::move(path), target);
  }
  PartialFile(PartialFile&& other) noexcept
      : fd_(std::move(other.fd_)),
        path_(std::exchange(other.path_, {})),
        target_(std::move(other.target_)) {}
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile() {
    if (path_.empty()) return;
    ::unlink(path_.c_str());
    ::unlink((path_ + "-journal").c_str());
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Gives it its name, unless that is taken by now. Its size.
  Result<std::uint64_t> finish() {
    const std::string what = "cannot write the backup " + target_;
    struct stat file{};
    if (::fsync(fd_.get()) != 0 || ::fstat(fd_.get(), &file) != 0)
      return errno_error(ErrorCode::unavailable, what, errno);
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) return exists_already(target_);
      return errno_error(ErrorCode::unavailable, what, errno);
    }
    path_.clear();
    std::filesystem::path directory = std::filesystem::path(target_).parent_path();
    if (directory.empty()) directory = ".";
    const base::UniqueFd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent.is_open() || ::fsync(parent.get()) != 0)
      return errno_error(ErrorCode::unavailable, what, errno);
    return static_cast<std::uint64_t>(file.st_size);
  }

 private:
  PartialFile(base::UniqueFd fd, std::string path, std::string target)
      : fd_(std::move(fd)), path_(std::move(path)), target_(std::move(target)) {}

  // Open until no connection to the file is left: closing it would drop SQLite's locks on it.
  base::UniqueFd fd_;
  std::string path_;
  std::string target_;
};

// Lets the disk have what is written to a file as it comes. All of it at the end would stand before
// the server's commits, for a second and more.
class SteadyWriting {
 public:
  explicit SteadyWriting(int fd) : thread_([this, fd] { run(fd); }) {}
  SteadyWriting(const SteadyWriting&) = delete;
  SteadyWriting& operator=(const SteadyWriting&) = delete;
  ~SteadyWriting() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
    }
    stopped_.notify_all();
    thread_.join();
  }

 private:
  void run(int fd) {
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, kWritingPause, [this] { return is_stopped_; })) {
      lock.unlock();
      // Where a file system can't, the end is as it would be without this.
      static_cast<void>(::sync_file_range(
          fd, 0, 0,
          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopped_ = false;  // guarded by mutex_
  std::thread thread_;       // last: it uses all of the above
};

Result<void> copy(Database& source, const PartialFile& target) {
  const SteadyWriting writing(target.fd());
  Statement vacuum(source, "VACUUM INTO ?1");
  return run(vacuum, target.path());
}

Result<void> check_integrity(Database& copy) {
  const auto answer = copy.load_text("PRAGMA integrity_check");
  if (!answer) return answer.error();
  if (*answer == "ok") return {};
  return Error(ErrorCode::corrupt,
               "the store is damaged: its copy fails SQLite's check: " + *answer);
}

Error differs(const StoredLog& log) {
  return Error(ErrorCode::corrupt, "the store is damaged: the bytes of " +
                                       log.record.id.to_string() + " are not those of its digest");
}

// Reads the log through; whether its bytes are those that its owner wrote.
Result<void> compare(Reader& reader, const StoredLog& log) {
  if (log.record.deleted) return {};  // it has none, though not all may be erased yet
  base::Sha256 digest;
  logs::Offset at = 0;
  while (at < log.length) {
    const auto slices = reader.read(log.record.key, at, kReadBytes);
    if (!slices) return slices.error();
    if (slices->empty()) return differs(log);
    for (const logs::ChunkSlice& slice : *slices) {
      std::string_view bytes = slice.bytes();
      // The digest is of what the last owner wrote.
      if (slice.begin < log.record.base)
        bytes.remove_prefix(std::min<std::size_t>(bytes.size(), log.record.base - slice.begin));
      digest.update(bytes);
      at = slice.end;
    }
  }
  const auto stored = base::Sha256::restore(log.digest_state);
  if (!stored) return stored.error();
  if (stored->hex_digest() != digest.hex_digest()) return differs(log);
  return {};
}

Result<BackupReport> compare_all(const std::string& path) {
  auto scanning = Database::open_to_read(path);
  if (!scanning) return scanning.error();
  JournalIndex index;
  StoreTally tally;
  Writer writer(*scanning, index, tally);
  if (auto loaded = writer.load_index(); !loaded) return loaded.error();
  auto reading = Database::open_to_read(path);
  if (!reading) return reading.error();
  Reader reader(std::move(*reading), index);
  BackupReport report;
  LogKey last = 0;
  while (true) {
    const auto log = reader.load_next(last);
    if (!log) return log.error();
    if (!*log) return report;
    if (auto same = compare(reader, **log); !same) return same.error();
    last = (*log)->record.key;
    if (!(*log)->record.deleted) ++report.compared;
  }
}

}  // namespace

Result<BackupReport> back_up(const std::string& path, const std::string& target) {
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0)
    return errno_error(ErrorCode::not_found, "cannot read the store " + path, errno);
  auto source = Database::open_to_read(path);
  if (!source) return source.error();
  if (auto ready = source->set_up(kCopyCacheBytes); !ready) return ready.error();
  const auto schema = check_schema(*source);
  if (!schema) return schema.error();
  auto partial = PartialFile::create(target);
  if (!partial) return partial.error();
  if (auto copied = copy(*source, *partial); !copied) return copied.error();
  if (auto closed = source->close(); !closed) return closed.error();

  auto checked = Database::open_to_read(partial->path());
  if (!checked) return checked.error();
  if (auto whole = check_integrity(*checked); !whole) return whole.error();
  // An older schema knows no deleted logs.
  const auto count =
      checked->load_number(schema->is_newest ? "SELECT count(*) FROM logs WHERE deleted IS NULL"
                                             : "SELECT count(*) FROM logs");
  if (!count) return count.error();
  BackupReport report;
  if (schema->is_newest) {
    auto compared = compare_all(partial->path());
    if (!compared) return compared.error();
    report = *compared;
  }
  report.logs = static_cast<std::size_t>(*count);
  if (auto closed = checked->close(); !closed) return closed.error();
  const auto bytes = partial->finish();
  if (!bytes) return bytes.error();
  report.bytes = *bytes;
  return report;
}

}  // namespace vela::store::sqlite
