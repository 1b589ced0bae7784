#include "fault/tally.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <unordered_map>

#include "core/base/sha256.hpp"

#include "fault/run_plan.hpp"

namespace vela::fault {
namespace {

std::string digest_of(std::string_view bytes) {
  base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t length = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

void Tally::add(const Tally& other) {
  runs += other.runs;
  bytes += other.bytes;
  add_reader(other);
  delays.insert(delays.end(), other.delays.begin(), other.delays.end());
}

void Tally::add_reader(const Tally& other) {
  lost += other.lost;
  duplicated += other.duplicated;
  reordered += other.reordered;
  foreign += other.foreign;
}

Tally compare(std::string_view printed, std::string_view read) {
  Tally tally;
  tally.runs = 1;
  tally.bytes = printed.size();
  if (digest_of(printed) == digest_of(read)) return tally;
  // Lines are numbered, so no two that were printed are alike.
  std::unordered_map<std::string_view, std::size_t> place;
  const auto wanted = lines_of(printed);
  for (std::size_t i = 0; i < wanted.size(); ++i) place.emplace(wanted[i], i);
  std::vector<bool> seen(wanted.size());
  std::size_t furthest = 0;
  for (const std::string_view line : lines_of(read)) {
    const auto found = place.find(line);
    if (found == place.end()) {
      ++tally.foreign;
      continue;
    }
    if (seen[found->second]) ++tally.duplicated;
    seen[found->second] = true;
    if (found->second < furthest) ++tally.reordered;
    furthest = std::max(furthest, found->second);
  }
  tally.lost = static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), false));
  return tally;
}

std::vector<std::chrono::microseconds> delays_of(const test::Finished& reader) {
  std::vector<std::chrono::microseconds> delays;
  auto arrival = reader.arrivals.begin();
  std::size_t end = 0;
  for (const std::string_view line : lines_of(reader.out)) {
    end += line.size();
    while (arrival != reader.arrivals.end() && arrival->end < end) ++arrival;
    const std::size_t stamp = line.find(' ');
    if (stamp == std::string_view::npos || arrival == reader.arrivals.end()) continue;
    const auto written = std::strtoll(std::string(line.substr(stamp + 1, 20)).c_str(), nullptr, 10);
    delays.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(arrival->time.time_since_epoch()) -
        std::chrono::microseconds(written));
  }
  return delays;
}

void report(const std::string& scenario, const std::string& methods, Tally tally,
            std::uint64_t server_kills, std::uint64_t worker_kills) {
  std::sort(tally.delays.begin(), tally.delays.end());
  const bool has_delays = !tally.delays.empty();
  const double median = has_delays ? milliseconds(tally.delays[tally.delays.size() / 2]) : 0;
  const double worst = has_delays ? milliseconds(tally.delays.back()) : 0;
  std::ostringstream row;
  row << scenario << '\t' << methods << '\t' << tally.runs << '\t' << tally.bytes << '\t'
      << tally.lost + tally.foreign << '\t' << tally.duplicated << '\t' << tally.reordered << '\t'
      << std::fixed << std::setprecision(1) << median << '\t' << worst << '\t' << server_kills
      << '\t' << worker_kills << '\n';
  std::fputs(row.str().c_str(), stdout);
  const char* dir = std::getenv("VELA_FAULT_ROWS");
  if (dir == nullptr) return;
  std::ofstream file(std::string(dir) + "/" + std::to_string(::getpid()) + ".tsv", std::ios::app);
  file << row.str();
}

}  // namespace vela::fault
