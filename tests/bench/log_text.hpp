#pragma once

#include <cstdint>
#include <string>

namespace vela::bench {

// Writes `bytes` of text like a build's output to `path`: compiler lines with their warnings, tests,
// downloads, with numbers, paths and times that differ from line to line. zstd's level 1 makes it
// 10 to 11 times smaller, as 22.7 MB of real build output. The same text for the same size.
void write_log_text(const std::string& path, std::uint64_t bytes);

// The child of a measured step: prints `lines` lines, one every `interval_ms`, each with the time
// at which it was written ("T" and nanoseconds since 1970).
void print_timed_lines(int lines, int interval_ms);

}  // namespace vela::bench
