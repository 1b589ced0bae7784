// What each method of sending costs, beside the way of today's Vela worker: `make bench-methods`.
//
//   bench_methods [--methods LIST] [--sizes LIST] …   measures, writes DIRECTORY/results.json
//   bench_methods --report FILE --template FILE …     writes what people read from that
#include <fcntl.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "core/buffer/flush_policy.hpp"
#include "core/process/open_files.hpp"

#include "bench/flags.hpp"
#include "bench/methods/machine.hpp"
#include "bench/methods/measure.hpp"
#include "bench/methods/report.hpp"
#include "bench/methods/stop.hpp"
#include "bench/methods/wire_count.hpp"
#include "bench/number.hpp"

namespace vela::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kUsageError = 2;
constexpr int kInterrupted = 130;

int fail(const std::string& text, int code = EXIT_FAILURE) {
  std::fprintf(stderr, "bench_methods: %s\n", text.c_str());
  return code;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream text(list);
  for (std::string word; std::getline(text, word, ',');) words.push_back(word);
  return words;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return errno_error(ErrorCode::unavailable, "reading " + path, errno);
  return text.str();
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  return file.flush().good();
}

// ---- the child of a measured run-step

int print(const Flags& flags) {
  const auto seed = static_cast<unsigned>(flags.integer("print-seed"));
  const Pace pace = flags.integer("print-chatty") != 0 ? kChatty : kTenLinesPerSecond;
  StepOutput output(seed, pace, std::chrono::milliseconds(flags.integer("print-ms")));
  std::mt19937 random(seed);
  const auto spread = static_cast<unsigned>(flags.integer("print-spread-ms"));
  const auto begin =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(random() % (spread + 1));
  while (const auto due = output.due()) {
    std::this_thread::sleep_until(begin + *due);
    const std::string piece = output.take();
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    if (std::fflush(stdout) != 0) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

// ---- measuring

Notes describe_run(const Flags& flags, bool is_own_network) {
  Notes notes = describe_machine(flags.text("directory"));
  notes.emplace_back("Seconds", flags.text("seconds") + " after " + flags.text("warm-up") +
                                    " of warm-up; chatty step " + flags.text("chatty-seconds"));
  notes.emplace_back("Methods", flags.text("methods"));
  notes.emplace_back(
      "Network", is_own_network ? "a network namespace of its own, nothing else on its loopback"
                                : "the machine's own loopback: what else uses it is counted too");
  return notes;
}

Setting make_setting(const Flags& flags, int errors) {
  Setting setting;
  setting.self = fs::canonical("/proc/self/exe").string();
  const std::string folder = fs::path(setting.self).parent_path().string();
  setting.writers = folder + "/bench_writers";
  setting.stand_in = folder + "/bench_stand_in";
  const char* const built = std::getenv("VELA_LOGS_BIN");
  setting.vela_logs = built != nullptr ? built : VELA_LOGS_BUILT_BIN;
  setting.directory = flags.text("directory") + "/case";
  setting.errors = errors;
  setting.seconds = flags.number("seconds");
  setting.chatty_seconds = flags.number("chatty-seconds");
  setting.warm_up = flags.number("warm-up");
  return setting;
}

// Nothing is left out without a word: an unknown method is an error.
Result<PlanOptions> read_plan(const Flags& flags) {
  PlanOptions plan;
  plan.methods = split(flags.text("methods"));
  for (const std::string& method : plan.methods)
    if (method != kWholeLog && !buffer::parse_method(method))
      return Error(ErrorCode::invalid,
                   "this build knows no method '" + method + "'; --methods names those to measure");
  for (const std::string& size : split(flags.text("sizes"))) {
    const int steps = std::atoi(size.c_str());
    if (steps <= 0)
      return Error(ErrorCode::invalid, "--sizes: '" + size + "' is no number of steps");
    plan.sizes.push_back(steps);
  }
  plan.has_chatty = flags.number("chatty-seconds") > 0;
  return plan;
}

int measure_all(const Flags& flags) {
  const Result<PlanOptions> plan = read_plan(flags);
  if (!plan) return fail(plan.error().text(), kUsageError);
  const bool is_own_network = enter_own_network();
  if (!is_own_network)
    std::fprintf(stderr,
                 "bench_methods: no network namespace may be made here: what else uses the "
                 "loopback is counted as well\n");
  const std::string directory = flags.text("directory");
  fs::create_directories(directory);
  const base::UniqueFd errors(
      ::open((directory + "/messages").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!errors.is_open()) return fail(directory + ": " + std::strerror(errno));
  const Setting setting = make_setting(flags, errors.get());
  catch_stop_signals();
  Results results;
  results.notes = describe_run(flags, is_own_network);
  int exit_code = EXIT_SUCCESS;
  try {
    for (const Case& what : plan_cases(*plan)) {
      results.figures.push_back(measure(setting, what));
      std::printf("%s", summarize(results.figures.back()).c_str());
      std::fflush(stdout);
      if (!results.figures.back().failure.empty()) exit_code = EXIT_FAILURE;
    }
  } catch (const Stopped&) {
    fs::remove_all(setting.directory);
    return fail("stopped", kInterrupted);
  }
  if (!write_file(directory + "/results.json", to_json(results)))
    return fail("could not write " + directory + "/results.json");
  if (exit_code != EXIT_SUCCESS)
    return fail("not every case could be measured; see " + directory + "/messages");
  return exit_code;
}

// ---- the report

int report(const Flags& flags) {
  const Result<std::string> json = read_file(flags.text("report"));
  if (!json) return fail(json.error().text());
  const Result<Results> results = parse_results(*json);
  if (!results) return fail(flags.text("report") + ": " + results.error().text());
  const Result<std::string> text = read_file(flags.text("template"));
  if (!text) return fail(text.error().text());
  const Result<std::string> filled = fill_in(*text, *results);
  if (!filled) return fail(flags.text("template") + ": " + filled.error().text());
  const std::string data = flags.text("directory");
  fs::create_directories(data);
  const bool is_written = write_file(flags.text("docs") + "/benchmarks.md", *filled) &&
                          write_file(data + "/cpu.dat", cpu_plot_data(*results)) &&
                          write_file(data + "/delay.dat", delay_plot_data(*results));
  return is_written ? EXIT_SUCCESS : fail("could not write the report");
}

}  // namespace
}  // namespace vela::bench

int main(int argc, char** argv) try {
  using namespace vela;
  ::signal(SIGPIPE, SIG_IGN);
  process::allow_all_open_files();
  const bench::Flags flags(argc, argv,
                           {{"methods", "byte-chunks,time-chunks,stream,websocket,auto,whole-log"},
                            {"sizes", "1,10,100,1000"},
                            {"seconds", "30"},
                            {"warm-up", "4"},
                            {"chatty-seconds", "60"},
                            {"directory", "bench-methods"},
                            {"report", ""},
                            {"template", ""},
                            {"docs", ""},
                            {"print-seed", "0"},
                            {"print-ms", "0"},
                            {"print-spread-ms", "0"},
                            {"print-chatty", "0"}});
  if (flags.integer("print-ms") > 0) return bench::print(flags);
  if (!flags.text("report").empty()) return bench::report(flags);
  return bench::measure_all(flags);
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_methods: %s\n", error.what());
  return EXIT_FAILURE;
}
