#include "cmd/tail.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "cmd/token.hpp"
#include "core/async/output_writer.hpp"
#include "core/async/task_group.hpp"
#include "core/base/logging.hpp"
#include "core/base/status_line.hpp"
#include "core/follow/follower.hpp"
#include "core/follow/target.hpp"
#include "core/process/signal_watch.hpp"

namespace vela::cmd {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 130;

// The task that waits for signals ends as soon as it is told.
constexpr std::chrono::seconds kJoinLimit{5};

follow::TimeForm to_time_form(config::TimeForm form) {
  switch (form) {
    case config::TimeForm::clock:
      return follow::TimeForm::clock;
    case config::TimeForm::iso:
      return follow::TimeForm::iso;
    case config::TimeForm::elapsed:
      return follow::TimeForm::elapsed;
    case config::TimeForm::delta:
      return follow::TimeForm::delta;
    case config::TimeForm::delay:
      break;
  }
  return follow::TimeForm::delay;
}

follow::ReaderSettings reader_settings(const config::TailOptions& options, follow::Target target) {
  follow::ReaderSettings settings;
  settings.target = std::move(target);
  settings.last_lines = options.last_lines;
  settings.follow = options.follow;
  settings.raw = options.raw;
  settings.exit_status = options.exit_status;
  settings.lost_timeout = options.lost_timeout;
  return settings;
}

follow::RenderSettings render_settings(const config::TailOptions& options, bool is_build,
                                       bool out_is_terminal, bool err_is_terminal) {
  using config::ColorMode;
  const bool is_plain = out_is_terminal && !base::obeys_sequences();
  const bool is_colorless =
      options.color == ColorMode::never || (options.color == ColorMode::automatic && is_plain);
  follow::RenderSettings settings;
  settings.names_logs = is_build;
  if (options.timestamps) settings.time_form = to_time_form(options.time_form);
  settings.is_raw = options.raw;
  settings.removes_sequences = out_is_terminal || options.color == ColorMode::never;
  settings.keeps_colors = !is_colorless;
  settings.adds_colors = options.color == ColorMode::always || (!is_colorless && out_is_terminal);
  settings.has_person = err_is_terminal;
  settings.shares_terminal = out_is_terminal && err_is_terminal;
  settings.obeys_sequences = !is_plain;
  return settings;
}

async::Awaitable<void> watch_signals(process::SignalWatch& signals, follow::Follower& follower) {
  const auto first = co_await signals.next();
  if (!first) co_return;
  follower.interrupt(kExitInterrupted);
  const auto second = co_await signals.next();
  if (second) std::_Exit(kExitInterrupted);
}

async::Awaitable<int> run_to_end(async::TaskGroup& tasks, process::SignalWatch& signals,
                                 follow::Follower& follower) {
  tasks.spawn("signals", watch_signals(signals, follower));
  const int exit_code = co_await follower.run();
  signals.cancel();
  static_cast<void>(co_await tasks.join(kJoinLimit));
  co_return exit_code;
}

}  // namespace

int tail(const config::TailOptions& options) {
  base::set_up_logging(base::LogStyle::command, spdlog::level::warn);
  auto target = follow::Target::parse(options.log);
  if (!target) {
    spdlog::error("LOG: {}", target.error().text());
    return kExitUsage;
  }
  const bool is_build = !target->log;
  if (options.raw && is_build) {
    spdlog::error("--raw: writes the bytes of one log; name it, for example {}/steps/1",
                  target->to_string());
    return kExitUsage;
  }
  auto token = load_token(options.token_file, options.token);
  if (!token) {
    spdlog::error("{}", token.error().text());
    return kExitUsage;
  }
  process::ignore_sigpipe();

  boost::asio::io_context loop(1);
  async::OutputWriter out(loop.get_executor(), STDOUT_FILENO);
  async::OutputWriter err(loop.get_executor(), STDERR_FILENO);
  process::SignalWatch signals(loop.get_executor(), {SIGINT});
  async::TaskGroup tasks(loop.get_executor());
  follow::Follower follower(
      loop.get_executor(), options.server, std::move(*token),
      reader_settings(options, std::move(*target)),
      render_settings(options, is_build, out.is_terminal(), err.is_terminal()), out, err);

  int exit_code = kExitFailure;
  auto on_end = [&exit_code](const std::exception_ptr& failure, int code) {
    if (failure) std::rethrow_exception(failure);
    exit_code = code;
  };
  boost::asio::co_spawn(loop, run_to_end(tasks, signals, follower), on_end);
  loop.run();
  return exit_code;
}

}  // namespace vela::cmd
