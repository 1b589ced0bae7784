#include "core/follow/silence_line.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace vela::follow {
namespace {

using std::chrono::seconds;

// Below this a pause is no news.
constexpr seconds kNotable{10};
// A worker is heard every 10 s; two signs of life were missed.
constexpr seconds kWorkerUnheard{25};
// The server speaks every 10 s; two of its words were missed.
constexpr seconds kServerUnheard{25};

}  // namespace

std::string format_silence(seconds span) {
  const auto count = span.count();
  if (count < 60) return fmt::format("{}s", count);
  if (count < 3600) return fmt::format("{}m{:02}s", count / 60, count % 60);
  return fmt::format("{}h{:02}m", count / 3600, count / 60 % 60);
}

void SilenceLine::on_state(const StateChange& change, base::SteadyTime now) {
  Watched& log = logs_[change.log];
  log.is_lost = change.state == logs::LogState::lost;
  log.is_open = log.is_lost || change.state == logs::LogState::running;
  // What is on its way while we hear of the silence is not known yet: the later of the two is true.
  log.silent_since = std::max(log.silent_since, now - change.silent);
  log.writer_seen = now - change.writer_seen.value_or(std::chrono::milliseconds(0));
  log.told = now;
}

void SilenceLine::on_output(const logs::LogId& log, base::SteadyTime now) {
  Watched& watched = logs_[log];
  watched.silent_since = watched.writer_seen = watched.told = now;
}

std::optional<base::SteadyTime> SilenceLine::silent_since() const {
  std::optional<base::SteadyTime> since;
  for (const auto& [id, log] : logs_)
    if (log.is_open && (!since || *since < log.silent_since)) since = log.silent_since;
  return since;
}

std::string SilenceLine::text(base::SteadyTime now) const {
  const auto since = silent_since();
  if (!since || now - *since < kNotable) return {};
  const std::string span = format_silence(std::chrono::floor<seconds>(now - *since));
  return "— no output for " + span + ", " + say_who_runs(now) + " —";
}

std::string SilenceLine::say_who_runs(base::SteadyTime now) const {
  int open = 0;
  int unheard = 0;
  const Watched* last = nullptr;
  base::SteadyTime told = base::SteadyTime::min();
  for (const auto& [id, log] : logs_) {
    if (!log.is_open) continue;
    ++open;
    last = &log;
    told = std::max(told, log.told);
    if (log.is_lost || now - log.writer_seen >= kWorkerUnheard) ++unheard;
  }
  if (now - told >= kServerUnheard)
    return "the server is not heard for " + format_silence(std::chrono::floor<seconds>(now - told));
  if (open == 1 && unheard == 1)
    return "its worker is not heard for " +
           format_silence(std::chrono::floor<seconds>(now - last->writer_seen));
  if (open == 1) return last->label + " is running";
  std::string text = std::to_string(open) + " logs are running";
  if (unheard != 0) text += ", " + std::to_string(unheard) + " of their workers not heard";
  return text;
}

std::optional<base::SteadyTime> SilenceLine::due(base::SteadyTime now) const {
  const auto since = silent_since();
  if (!since) return std::nullopt;
  if (now - *since < kNotable) return *since + kNotable;
  return *since + std::chrono::floor<seconds>(now - *since) + seconds(1);
}

}  // namespace vela::follow
