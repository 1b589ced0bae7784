#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace vela::test {

// How a disk refuses. A write that is refused is half done.
enum class DiskFailure {
  full,         // ENOSPC: what makes files longer or writes to them
  input_output  // EIO: everything, reading and syncing too
};

// What a crash leaves of the writes that no sync has confirmed.
enum class Unsynced {
  kept,  // kill -9: the kernel still has them all
  lost,  // a power cut at its worst
  torn,  // a power cut that leaves any of them, in part, in any order
};

// A disk that fails as it is told, and remembers what was written and synced: it stands between
// SQLite and the real files of one directory, and is SQLite's default while it lives.
//
// Executor: any thread.
// Lifetime: one at a time; databases that were opened through it are closed before it goes.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // The `at`-th call from now on (0: the next one) fails, of those that `failure` concerns; with
  // `lasts` all after it too.
  void fail_call(std::size_t at, DiskFailure failure, bool lasts);
  void heal();
  // Whether a call failed since fail_call().
  [[nodiscard]] bool has_failed() const;

  // How many changes were made to files so far.
  [[nodiscard]] std::size_t changes() const;
  // Writes the files as they are after a crash when the first `changes` had been made into
  // `directory`; `seed` decides what is torn.
  void write_image(std::size_t changes, Unsynced unsynced, std::uint32_t seed,
                   const std::string& directory) const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vela::test
