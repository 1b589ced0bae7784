#include "support/faulty_disk.hpp"

#include <errno.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include <sqlite3.h>

namespace vela::test {
namespace {

// What a disk writes whole or not at all.
constexpr std::size_t kSectorBytes = 512;

struct Change {
  enum class Kind { write, truncate, sync, remove };
  Kind kind;
  std::string file;  // its name in the directory
  std::size_t offset = 0;
  std::string bytes;
};

// What SQLite calls a file; the real one lies behind it.
struct File {
  sqlite3_file base;
  const char* path;  // SQLite's own, null for a temporary file

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& calls() { return *real()->pMethods; }
};
static_assert(sizeof(File) % alignof(sqlite3_int64) == 0);

File& file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

std::string name_of(const char* path) { return std::filesystem::path(path).filename().string(); }

void redo(const Change& change, std::string& content) {
  if (change.kind == Change::Kind::truncate) content.resize(change.offset);
  if (change.kind != Change::Kind::write) return;
  content.resize(std::max(content.size(), change.offset + change.bytes.size()));
  content.replace(change.offset, change.bytes.size(), change.bytes);
}

// Some sectors of the write, or nothing of another change.
void redo_torn(const Change& change, std::mt19937& random, std::string& content) {
  if (change.kind != Change::Kind::write) {
    if (random() % 2 == 0) redo(change, content);
    return;
  }
  for (std::size_t at = 0; at < change.bytes.size(); at += kSectorBytes) {
    if (random() % 2 == 0) continue;
    Change sector = change;
    sector.offset = change.offset + at;
    sector.bytes = change.bytes.substr(at, kSectorBytes);
    redo(sector, content);
  }
}

}  // namespace

class FaultyDisk::Impl {
 public:
  Impl() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.zName = "faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = &open;
    vfs_.xDelete = &remove;
    vfs_.pNext = nullptr;
    present_ = this;
    if (sqlite3_vfs_register(&vfs_, 1) != SQLITE_OK)
      throw std::runtime_error("SQLite takes no file system");
  }
  ~Impl() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
    present_ = nullptr;
  }

  struct Plan {
    std::size_t calls_left;
    DiskFailure failure;
    bool lasts;
  };

  // What SQLite is to be told of this call: its own code, by the failure (0: the call is none of
  // those that a full disk fails), or SQLITE_OK.
  int refuse(int code_when_full, int code_of_input_output) {
    if (!plan) return SQLITE_OK;
    const bool is_full = plan->failure == DiskFailure::full;
    const int code = is_full ? code_when_full : code_of_input_output;
    if (code == 0) return SQLITE_OK;
    if (plan->calls_left != 0) {
      --plan->calls_left;
      return SQLITE_OK;
    }
    errno = is_full ? ENOSPC : EIO;
    has_failed = true;
    if (!plan->lasts) plan.reset();
    return code;
  }
  void remember(Change::Kind kind, File& file, std::size_t offset = 0, std::string bytes = {}) {
    if (file.path != nullptr)
      changes.push_back({kind, name_of(file.path), offset, std::move(bytes)});
  }

  mutable std::mutex mutex;
  // Guarded by mutex.
  std::optional<Plan> plan;
  bool has_failed = false;
  std::vector<Change> changes;

 private:
  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* opened, int flags, int* out);
  static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory);
  static int read(sqlite3_file* opened, void* bytes, int size, sqlite3_int64 offset);
  static int write(sqlite3_file* opened, const void* bytes, int size, sqlite3_int64 offset);
  static int truncate(sqlite3_file* opened, sqlite3_int64 size);
  static int sync(sqlite3_file* opened, int flags);
  static int map_shared(sqlite3_file* opened, int page, int size, int extend,
                        void volatile** mapped);
  static const sqlite3_io_methods kCalls;

  // What SQLite's calls, which carry no state, belong to.
  static Impl* present_;

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
};

FaultyDisk::Impl* FaultyDisk::Impl::present_ = nullptr;

// Up to shared memory, which the write-ahead log needs; nothing is mapped by xFetch.
const sqlite3_io_methods FaultyDisk::Impl::kCalls{
    2,
    [](sqlite3_file* file) { return file_of(file).calls().xClose(file_of(file).real()); },
    &read,
    &write,
    &truncate,
    &sync,
    [](sqlite3_file* file, sqlite3_int64* size) {
      return file_of(file).calls().xFileSize(file_of(file).real(), size);
    },
    [](sqlite3_file* file, int kind) {
      return file_of(file).calls().xLock(file_of(file).real(), kind);
    },
    [](sqlite3_file* file, int kind) {
      return file_of(file).calls().xUnlock(file_of(file).real(), kind);
    },
    [](sqlite3_file* file, int* is_reserved) {
      return file_of(file).calls().xCheckReservedLock(file_of(file).real(), is_reserved);
    },
    [](sqlite3_file* file, int what, void* argument) {
      return file_of(file).calls().xFileControl(file_of(file).real(), what, argument);
    },
    [](sqlite3_file* file) { return file_of(file).calls().xSectorSize(file_of(file).real()); },
    [](sqlite3_file* file) {
      return file_of(file).calls().xDeviceCharacteristics(file_of(file).real());
    },
    &map_shared,
    [](sqlite3_file* file, int offset, int count, int flags) {
      return file_of(file).calls().xShmLock(file_of(file).real(), offset, count, flags);
    },
    [](sqlite3_file* file) { file_of(file).calls().xShmBarrier(file_of(file).real()); },
    [](sqlite3_file* file, int removes) {
      return file_of(file).calls().xShmUnmap(file_of(file).real(), removes);
    },
    nullptr,
    nullptr};

int FaultyDisk::Impl::open(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* opened, int flags,
                           int* out) {
  File& file = file_of(opened);
  file.path = path;
  file.real()->pMethods = nullptr;
  const int code = present_->real_->xOpen(present_->real_, path, file.real(), flags, out);
  file.base.pMethods = file.real()->pMethods == nullptr ? nullptr : &kCalls;
  return code;
}

int FaultyDisk::Impl::remove(sqlite3_vfs* /*vfs*/, const char* path, int sync_directory) {
  const std::lock_guard lock(present_->mutex);
  if (const int refused = present_->refuse(0, SQLITE_IOERR_DELETE)) return refused;
  present_->changes.push_back({Change::Kind::remove, name_of(path), 0, {}});
  return present_->real_->xDelete(present_->real_, path, sync_directory);
}

int FaultyDisk::Impl::read(sqlite3_file* opened, void* bytes, int size, sqlite3_int64 offset) {
  {
    const std::lock_guard lock(present_->mutex);
    if (const int refused = present_->refuse(0, SQLITE_IOERR_READ)) return refused;
  }
  File& file = file_of(opened);
  return file.calls().xRead(file.real(), bytes, size, offset);
}

int FaultyDisk::Impl::write(sqlite3_file* opened, const void* bytes, int size,
                            sqlite3_int64 offset) {
  File& file = file_of(opened);
  const std::lock_guard lock(present_->mutex);
  const int refused = present_->refuse(SQLITE_FULL, SQLITE_IOERR_WRITE);
  const int errno_of_refusal = errno;
  const int taken = refused == SQLITE_OK ? size : size / 2;
  const int code = file.calls().xWrite(file.real(), bytes, taken, offset);
  if (code != SQLITE_OK) return code;
  std::string copy(static_cast<const char*>(bytes), static_cast<std::size_t>(taken));
  present_->remember(Change::Kind::write, file, static_cast<std::size_t>(offset), std::move(copy));
  errno = errno_of_refusal;
  return refused;
}

int FaultyDisk::Impl::truncate(sqlite3_file* opened, sqlite3_int64 size) {
  File& file = file_of(opened);
  const std::lock_guard lock(present_->mutex);
  if (const int refused = present_->refuse(0, SQLITE_IOERR_TRUNCATE)) return refused;
  present_->remember(Change::Kind::truncate, file, static_cast<std::size_t>(size));
  return file.calls().xTruncate(file.real(), size);
}

// What is remembered as synced need not wait for the real disk.
int FaultyDisk::Impl::sync(sqlite3_file* opened, int /*flags*/) {
  const std::lock_guard lock(present_->mutex);
  if (const int refused = present_->refuse(0, SQLITE_IOERR_FSYNC)) return refused;
  present_->remember(Change::Kind::sync, file_of(opened));
  return SQLITE_OK;
}

int FaultyDisk::Impl::map_shared(sqlite3_file* opened, int page, int size, int extend,
                                 void volatile** mapped) {
  {
    const std::lock_guard lock(present_->mutex);
    const int code_when_full = extend != 0 ? SQLITE_IOERR_SHMSIZE : 0;
    const int refused = present_->refuse(code_when_full, SQLITE_IOERR_SHMMAP);
    if (refused != SQLITE_OK) return refused;
  }
  File& file = file_of(opened);
  return file.calls().xShmMap(file.real(), page, size, extend, mapped);
}

FaultyDisk::FaultyDisk() : impl_(std::make_unique<Impl>()) {}

FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::fail_call(std::size_t at, DiskFailure failure, bool lasts) {
  const std::lock_guard lock(impl_->mutex);
  impl_->plan = Impl::Plan{at, failure, lasts};
  impl_->has_failed = false;
}

void FaultyDisk::heal() {
  const std::lock_guard lock(impl_->mutex);
  impl_->plan.reset();
}

bool FaultyDisk::has_failed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->has_failed;
}

std::size_t FaultyDisk::changes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->changes.size();
}

void FaultyDisk::write_image(std::size_t changes, Unsynced unsynced, std::uint32_t seed,
                             const std::string& directory) const {
  const std::lock_guard lock(impl_->mutex);
  std::map<std::string, std::size_t> synced;  // changes of the file below this are safe
  for (std::size_t i = 0; i < changes; ++i)
    if (impl_->changes[i].kind == Change::Kind::sync) synced[impl_->changes[i].file] = i;
  std::mt19937 random(seed);
  std::map<std::string, std::string> contents;
  for (std::size_t i = 0; i < changes; ++i) {
    const Change& change = impl_->changes[i];
    std::string& content = contents[change.file];
    if (change.kind == Change::Kind::remove) {
      contents.erase(change.file);
    } else if (i < synced[change.file] || unsynced == Unsynced::kept) {
      redo(change, content);
    } else if (unsynced == Unsynced::torn) {
      redo_torn(change, random, content);
    }
  }
  for (const auto& [name, content] : contents) {
    std::ofstream file(directory + "/" + name, std::ios::binary);
    file << content;
  }
}

}  // namespace vela::test
