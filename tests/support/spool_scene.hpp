#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "core/buffer/spool.hpp"
#include "core/buffer/spool_directory.hpp"
#include "support/temp_dir.hpp"

namespace vela::test {

inline constexpr std::uint64_t kSpoolLimit = 64 * 1024 * 1024;
inline constexpr base::WallTime kTime{std::chrono::seconds(1)};

inline std::string digest_of(std::string_view bytes) {
  base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

inline std::string noise(std::size_t bytes) {
  std::string text;
  unsigned value = 7;
  while (text.size() < bytes) {
    value = value * 1664525 + 1013904223;
    text.push_back(static_cast<char>(value >> 24));
  }
  return text;
}

inline std::string text_of(const buffer::Spool& spool, std::size_t piece = 100'000) {
  std::string text;
  for (logs::Offset at = spool.begin(); at < spool.end();) {
    const auto slices = spool.slices(at, piece);
    REQUIRE_FALSE(slices.empty());
    for (const logs::ChunkSlice& slice : slices) {
      CHECK(slice.begin == at);
      text += slice.bytes();
      at = slice.end;
    }
  }
  return text;
}

// What a run that died left there.
inline buffer::Spool resume_spool(const std::string& path) {
  auto file = buffer::SpoolDirectory::claim(path);
  REQUIRE(file.has_value());
  REQUIRE(file->has_value());
  return buffer::Spool::resume(std::move(**file), kSpoolLimit).value();
}

// A directory, and the spool of one run in it.
struct SpoolScene {
  SpoolScene()
      : directory(buffer::SpoolDirectory::open(dir.path() + "/a/b").value()), spool(make()) {}

  buffer::Spool make() const {
    buffer::SpoolIdentity identity;
    identity.server = "http://127.0.0.1:1";
    identity.log = logs::LogId::parse("octocat/hello/42/steps/3").value();
    buffer::Ownership ownership;
    ownership.writer = logs::WriterId::make_random();
    return buffer::Spool(directory.create(identity, ownership).value(), kSpoolLimit);
  }
  void push(std::string_view bytes) { spool.append(bytes, kTime, logs::Stream::out); }
  void push_all(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
      push(bytes.substr(0, piece));
  }
  // The run dies; another takes what it left.
  void die() {
    const std::string path = spool.path();
    spool = buffer::Spool();
    spool = resume_spool(path);
  }
  // In the file, from `place` on.
  void overwrite(std::uint64_t place, std::string_view bytes) const {
    std::fstream file(spool.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(place));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    REQUIRE(file.good());
  }
  std::uint64_t disk_bytes() const {
    struct stat status{};
    REQUIRE(::stat(spool.path().c_str(), &status) == 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }

  TempDir dir;
  buffer::SpoolDirectory directory;
  buffer::Spool spool;
};

}  // namespace vela::test
