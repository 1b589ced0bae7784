#include "cmd/run_step.hpp"

#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <spdlog/spdlog.h>

#include "cmd/print_spool.hpp"
#include "cmd/token.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/logging.hpp"
#include "core/buffer/flush_policy.hpp"
#include "core/logs/log_id.hpp"
#include "core/process/signal_watch.hpp"
#include "core/step/resume_run.hpp"
#include "core/step/step_run.hpp"
#include "core/step/step_spool.hpp"

namespace vela::cmd {
namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;
// libcurl looks names up on threads of its own; an arena for each of them would only hold memory.
constexpr int kArenas = 1;
// The window comes and goes in pieces of 64 KiB: give back what stays free at the top.
constexpr int kTrimBytes = 1024 * 1024;
// Pieces of the spool and bodies of appends are 256 KiB and a little. To map and fault in each of
// them anew costs more than reading it; malloc learns that by itself only while the trim threshold is
// its own.
constexpr int kMapBytes = 1024 * 1024;

// What the option table can't know: what a log and a method are.
Result<step::StepOptions> read_options(const config::RunStepOptions& options) {
  const Result<logs::LogId> log = logs::LogId::parse(options.log);
  const auto method = buffer::parse_method(options.method);
  Result<net::BearerToken> token = load_token(options.token_file, options.token);
  std::string faults;
  if (!log) faults += "\n--log: " + log.error().text();
  if (!method)
    faults += "\n--method: '" + options.method + "' is no method; there are " +
              std::string(buffer::method_names());
  if (!token) faults += "\n" + token.error().text();
  if (!faults.empty()) return Error(ErrorCode::invalid, faults.substr(1));
  // It lets its bearer write logs, which is not the command's business.
  ::unsetenv("VELA_LOGS_TOKEN");

  step::StepOptions step;
  step.target.token = std::move(*token);
  step.target.server = options.server;
  step.target.log = *log;
  step.target.name = logs::cut_step_name(options.name);
  step.target.started = base::wall_now();
  step.delivery.method = *method;
  step.delivery.flush_interval = options.flush_interval;
  step.delivery.flush_bytes = options.flush_bytes;
  step.delivery.end_build = options.end_build;
  step.grace = options.grace;
  step.drain_timeout = options.drain_timeout;
  step.when_full = static_cast<step::WhenFull>(options.when_full);
  step.is_quiet = options.quiet;
  step.is_strict = options.strict;
  step.command = options.command;
  return step;
}

step::SpoolOptions spool_options(const config::RunStepOptions& options) {
  step::SpoolOptions spool;
  spool.directory = options.spool_dir;
  spool.limit = options.spool_limit;
  return spool;
}

// Runs it to its end on a loop of its own.
template <class Run>
int run_loop(boost::asio::io_context& context, Run& run) {
  std::optional<int> exit_code;
  auto on_end = [&exit_code](const std::exception_ptr& failure, int code) {
    exit_code = failure ? kFailure : code;
    if (failure) spdlog::error("run-step failed unexpectedly");
  };
  boost::asio::co_spawn(context, run.run(), on_end);
  while (!exit_code) context.run_one();
  // The step's exit code is not to wait for what could not be ended.
  if (!run.is_clean()) std::_Exit(*exit_code);
  return *exit_code;
}

int resume(const config::RunStepOptions& options) {
  auto directory = step::find_spool_directory(spool_options(options));
  if (!directory) {
    spdlog::error("{}; name the one that run-step was given, with --spool-dir",
                  directory.error().text());
    return kFailure;
  }
  Result<net::BearerToken> token = load_token(options.token_file, options.token);
  if (!token) {
    spdlog::error("{}", token.error().text());
    return kUsage;
  }
  if (options.server.empty() && !(options.token_file.empty() && options.token.empty()))
    spdlog::warn("no server is shown the token: name the one that may know it with --server");
  if (!*directory) {
    spdlog::info("nothing was left: there is no spool directory");
    return 0;
  }
  boost::asio::io_context context(1);
  step::ResumeRun run(context.get_executor(), std::move(**directory), options.server,
                      std::move(*token), options.drain_timeout);
  return run_loop(context, run);
}

}  // namespace

int run_step(const config::RunStepOptions& options) {
  ::mallopt(M_ARENA_MAX, kArenas);
  ::mallopt(M_TRIM_THRESHOLD, kTrimBytes);
  ::mallopt(M_MMAP_THRESHOLD, kMapBytes);
  base::set_up_logging(base::LogStyle::command,
                       options.verbose || options.resume || !options.print_spool.empty()
                           ? spdlog::level::info
                           : spdlog::level::warn);
  process::ignore_sigpipe();
  if (options.resume) return resume(options);
  if (!options.print_spool.empty()) return print_spool(options.print_spool);
  Result<step::StepOptions> read = read_options(options);
  if (!read) {
    spdlog::error("{}", read.error().text());
    return kUsage;
  }
  spdlog::info("log {} goes to {} by method {}", options.log, options.server, options.method);
  if (options.command.empty() && ::isatty(STDIN_FILENO) == 1)
    spdlog::warn("sends what you type, until Ctrl-D; to run a command write -- COMMAND");

  step::StepSpool spool;
  Result<step::StepSpool> opened = step::open_spool(spool_options(options), read->target);
  if (opened) {
    spool = std::move(*opened);
  } else if (options.strict) {
    spdlog::error("{}; with --strict nothing runs without a spool: give --spool-dir",
                  opened.error().text());
    return kFailure;
  } else {
    spdlog::warn("{}; output is kept in memory only until it is delivered", opened.error().text());
  }
  boost::asio::io_context context(1);
  step::StepRun step(context.get_executor(), std::move(*read), std::move(spool));
  return run_loop(context, step);
}

}  // namespace vela::cmd
