// Many steps in one process: what a thousand run-steps do, without a thousand processes. Ends when
// all is delivered; exits 1 when something was not.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <spdlog/spdlog.h>

#include "core/async/task_group.hpp"
#include "core/base/logging.hpp"
#include "core/process/open_files.hpp"
#include "core/process/signal_watch.hpp"

#include "bench/flags.hpp"
#include "bench/writers/step_writer.hpp"
#include "bench/writers/whole_log_writer.hpp"
#include "bench/yardstick.hpp"

namespace vela::bench {
namespace {

// As run-step sets it, and why.
constexpr int kMapBytes = 1024 * 1024;

async::Awaitable<void> run_one(Writer& writer, bool& is_good) {
  const bool is_delivered = co_await writer.run();
  is_good = is_good && is_delivered;
}

Result<std::unique_ptr<Writer>> make_writer(const boost::asio::any_io_executor& executor,
                                            const Flags& flags,
                                            const buffer::SpoolDirectory& spools, StepPlan plan) {
  if (flags.text("method") == kWholeLog)
    return std::make_unique<WholeLogWriter>(executor, std::move(plan));
  const auto method = buffer::parse_method(flags.text("method"));
  if (!method) return Error(ErrorCode::invalid, "no such method: " + flags.text("method"));
  return StepWriter::make(executor, std::move(plan), *method, spools);
}

int fail(const Error& error) {
  std::fprintf(stderr, "bench_writers: %s\n", error.text().c_str());
  return EXIT_FAILURE;
}

int run(const Flags& flags) {
  boost::asio::io_context context(1);
  const Result<buffer::SpoolDirectory> spools =
      buffer::SpoolDirectory::open(flags.text("spool-dir"));
  if (!spools) return fail(spools.error());
  std::mt19937 random(1);
  std::vector<std::unique_ptr<Writer>> writers;
  async::TaskGroup tasks(context.get_executor());
  bool is_good = true;
  for (int i = 1; i <= flags.integer("writers"); ++i) {
    const Result<logs::LogId> log =
        logs::LogId::parse(flags.text("build") + "/steps/" + std::to_string(i));
    if (!log) return fail(log.error());
    StepPlan plan;
    plan.server = flags.text("server");
    plan.log = *log;
    plan.seed = static_cast<unsigned>(i);
    plan.start = std::chrono::milliseconds(random() % (flags.integer("spread-ms") + 1));
    plan.pace = flags.integer("chatty") != 0 ? kChatty : kTenLinesPerSecond;
    plan.length = std::chrono::milliseconds(flags.integer("length-ms"));
    Result<std::unique_ptr<Writer>> writer =
        make_writer(context.get_executor(), flags, *spools, std::move(plan));
    if (!writer) return fail(writer.error());
    writers.push_back(std::move(*writer));
    tasks.spawn("writer", run_one(*writers.back(), is_good));
  }
  while (tasks.size() > 0) context.run_one();
  return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace vela::bench

int main(int argc, char** argv) {
  using namespace vela;
  ::mallopt(M_MMAP_THRESHOLD, bench::kMapBytes);
  base::set_up_logging(base::LogStyle::command, spdlog::level::warn);
  process::ignore_sigpipe();
  process::allow_all_open_files();
  return bench::run(bench::Flags(argc, argv,
                                 {{"server", ""},
                                  {"build", "bench/methods/1"},
                                  {"method", "auto"},
                                  {"writers", "1"},
                                  {"spread-ms", "1000"},
                                  {"length-ms", "1000"},
                                  {"chatty", "0"},
                                  {"spool-dir", ""}}));
}
