#include "bench/methods/report.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "bench/methods/aims.hpp"
#include "bench/number.hpp"

namespace vela::bench {
namespace {

constexpr std::string_view kBegin = "<!-- table: ";
constexpr std::string_view kEnd = " -->";

using Row = std::vector<std::string>;

std::string table(const Row& head, const std::vector<Row>& rows) {
  std::string text;
  const auto put = [&text](const Row& row) {
    text += "|";
    for (const std::string& cell : row) text += " " + cell + " |";
    text += "\n";
  };
  put(head);
  put(Row(head.size(), "---"));
  for (const Row& row : rows) put(row);
  return rows.empty() ? "Not measured.\n" : text;
}

std::string cpu(double seconds, double window) {
  return rounded(seconds) + " s, " + rounded(seconds / window * 100) + " %";
}

std::string requests(const Figures& figures) {
  return figures.requests_per_second < 0 ? "not counted" : rounded(figures.requests_per_second);
}

std::string per_byte(double bytes, const Figures& figures) {
  return rounded(bytes / figures.log_bytes);
}

std::string delays(const Figures& figures) {
  return rounded(figures.delays[0]) + " / " + rounded(figures.delays[1]) + " / " +
         rounded(figures.delays[2]);
}

// ---- tables

using Filter = std::function<bool(const Case&)>;

std::string costs_table(const Results& results, const Filter& filter) {
  std::vector<Row> rows;
  for (const Figures& one : results.figures) {
    if (!filter(one.what) || !one.failure.empty()) continue;
    rows.push_back({one.what.method, cpu(one.worker.cpu_seconds, one.seconds),
                    cpu(one.server.cpu_seconds, one.seconds), rounded(one.worker.private_mib),
                    rounded(one.server.private_mib), per_byte(one.wire_bytes, one), requests(one),
                    rounded(one.packets_per_second), per_byte(one.store_bytes, one),
                    per_byte(one.server.written_bytes, one),
                    per_byte(one.worker.written_bytes, one), delays(one)});
  }
  return table({"method", "CPU, worker", "CPU, server", "MiB, worker", "MiB, server", "wire",
                "requests/s", "packets/s", "store", "disk, server", "disk, worker", "delay, ms"},
               rows);
}

std::string agreement_table(const Results& results) {
  std::vector<Row> rows;
  for (const Figures& one : results.figures) {
    if (one.what.steps != kCompared || one.what.is_yardstick() || !one.failure.empty()) continue;
    const bool is_driver = one.what.writers == Writers::driver;
    rows.push_back({one.what.method, is_driver ? "one process" : "run-step",
                    rounded(one.worker.cpu_seconds) + " s", rounded(one.server.cpu_seconds) + " s",
                    per_byte(one.wire_bytes, one), requests(one), rounded(one.packets_per_second),
                    delays(one)});
  }
  return table({"method", "writers", "CPU, worker", "CPU, server", "wire", "requests/s",
                "packets/s", "delay, ms"},
               rows);
}

std::string times_less(double yardstick, double method) {
  return method > 0 ? rounded(yardstick / method) + "×" : "–";
}

// How many times less than the yardstick each method costs, in cases alike.
std::string comparison_table(const Results& results, const Filter& filter) {
  const Figures* whole = nullptr;
  for (const Figures& one : results.figures)
    if (filter(one.what) && one.what.is_yardstick() && one.failure.empty()) whole = &one;
  std::vector<Row> rows;
  for (const Figures& one : results.figures) {
    if (whole == nullptr || !filter(one.what) || !one.failure.empty()) continue;
    rows.push_back(
        {one.what.method,
         times_less(whole->wire_bytes / whole->log_bytes, one.wire_bytes / one.log_bytes),
         times_less(whole->worker.cpu_seconds, one.worker.cpu_seconds),
         times_less(whole->server.cpu_seconds, one.server.cpu_seconds),
         times_less(whole->worker.private_mib, one.worker.private_mib),
         times_less(whole->server.private_mib, one.server.private_mib),
         times_less(whole->server.written_bytes / whole->log_bytes,
                    one.server.written_bytes / one.log_bytes),
         times_less(whole->delays[0], one.delays[0])});
  }
  return table({"method", "wire", "CPU, worker", "CPU, server", "memory, worker", "memory, server",
                "disk, server", "delay, p50"},
               rows);
}

std::string notes_table(const Results& results) {
  std::vector<Row> rows;
  for (const auto& [name, text] : results.notes) rows.push_back({name, text});
  return table({"", ""}, rows);
}

std::string aims_table(const Results& results) {
  std::vector<Row> rows;
  for (const Aim& aim : judge_aims(results)) {
    const std::string verdict = aim.is_met ? (*aim.is_met ? "met" : "**missed**") : "–";
    rows.push_back({aim.text, aim.measured, verdict});
  }
  return table({"aim", "measured", ""}, rows);
}

// What a reader could miss without noticing.
std::string failures_text(const Results& results) {
  std::string text;
  for (const Figures& one : results.figures)
    if (!one.failure.empty()) text += "* " + describe(one.what) + ": " + one.failure + "\n";
  return text.empty() ? "Every case that was begun was measured to its end.\n"
                      : "Not measured, because it failed:\n\n" + text;
}

Filter of_steps(int steps, Followed followed) {
  return [steps, followed](const Case& what) {
    const bool is_compared =
        what.writers == Writers::driver && what.steps <= kMostProcesses && !what.is_yardstick();
    return what.steps == steps && what.followed == followed && !what.is_chatty && !is_compared;
  };
}

bool is_chatty(const Case& what) { return what.is_chatty; }

Result<std::string> table_named(const std::string& name, const Results& results) {
  if (name == "notes") return notes_table(results);
  if (name == "aims") return aims_table(results);
  if (name == "failures") return failures_text(results);
  if (name == "agreement") return agreement_table(results);
  if (name == "chatty") return costs_table(results, is_chatty);
  if (name == "all-followed") return costs_table(results, of_steps(kAllFollowed, Followed::all));
  if (name == "chatty-compared") return comparison_table(results, is_chatty);
  if (name == "steps-compared")
    return comparison_table(results, of_steps(kAllFollowed, Followed::one));
  const int steps = std::atoi(name.c_str());
  if (steps > 0) return costs_table(results, of_steps(steps, Followed::one));
  return Error(ErrorCode::invalid, "no table is called '" + name + "'");
}

std::vector<std::string> methods_of(const Results& results) {
  std::vector<std::string> methods;
  for (const Figures& one : results.figures)
    if (std::find(methods.begin(), methods.end(), one.what.method) == methods.end())
      methods.push_back(one.what.method);
  return methods;
}

const Figures* find(const Results& results, const Filter& filter, const std::string& method) {
  for (const Figures& one : results.figures)
    if (one.what.method == method && filter(one.what) && one.failure.empty()) return &one;
  return nullptr;
}

std::set<int> sizes_of(const Results& results) {
  std::set<int> sizes;
  for (const Figures& one : results.figures)
    if (!one.what.is_chatty) sizes.insert(one.what.steps);
  return sizes;
}

}  // namespace

std::string summarize(const Figures& figures) {
  std::string text = describe(figures.what) + "\n  ";
  if (!figures.failure.empty()) return text + "FAILED: " + figures.failure + "\n";
  text += "CPU: worker " + cpu(figures.worker.cpu_seconds, figures.seconds) + ", server " +
          cpu(figures.server.cpu_seconds, figures.seconds) + "; memory: worker " +
          rounded(figures.worker.private_mib) + ", server " + rounded(figures.server.private_mib) +
          " MiB\n  per log byte: wire " + per_byte(figures.wire_bytes, figures) + ", store " +
          per_byte(figures.store_bytes, figures) + ", disk: server " +
          per_byte(figures.server.written_bytes, figures) + ", worker " +
          per_byte(figures.worker.written_bytes, figures) + "; " + requests(figures) +
          " requests/s, " + rounded(figures.packets_per_second) +
          " packets/s\n  delay p50/p99/max " + delays(figures) + " ms\n";
  return text;
}

Result<std::string> fill_in(const std::string& text, const Results& results) {
  std::string filled;
  std::size_t at = 0;
  for (std::size_t mark = 0; (mark = text.find(kBegin, at)) != std::string::npos;) {
    const std::size_t name = mark + kBegin.size();
    const std::size_t end = text.find(kEnd, name);
    if (end == std::string::npos) return Error(ErrorCode::invalid, "a table's mark has no end");
    const Result<std::string> made = table_named(text.substr(name, end - name), results);
    if (!made) return made.error();
    filled += text.substr(at, mark - at) + *made;
    at = end + kEnd.size() + 1;  // and the line's end, which the table has
  }
  return filled + text.substr(std::min(at, text.size()));
}

std::string cpu_plot_data(const Results& results) {
  const std::vector<std::string> methods = methods_of(results);
  std::string text = "steps";
  for (const std::string& method : methods) text += " " + method;
  text += "\n";
  for (const int steps : sizes_of(results)) {
    text += std::to_string(steps);
    for (const std::string& method : methods) {
      const Figures* const one = find(results, of_steps(steps, Followed::one), method);
      text += one == nullptr ? " ?" : " " + rounded(one->server.cpu_seconds / one->seconds * 100);
    }
    text += "\n";
  }
  return text;
}

std::string delay_plot_data(const Results& results) {
  const std::set<int> sizes = sizes_of(results);
  const int steps = sizes.count(kAllFollowed) > 0 || sizes.empty() ? kAllFollowed : *sizes.rbegin();
  std::string text = "method p50 p99\n";
  for (const std::string& method : methods_of(results)) {
    const Figures* const one = find(results, of_steps(steps, Followed::one), method);
    if (one != nullptr)
      text += method + " " + rounded(one->delays[0]) + " " + rounded(one->delays[1]) + "\n";
  }
  return text;
}

}  // namespace vela::bench
