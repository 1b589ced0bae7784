#include "cmd/serve.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "cmd/back_up.hpp"
#include "cmd/own_log.hpp"
#include "cmd/retention_dry_run.hpp"
#include "cmd/retention_settings.hpp"
#include "core/api/router.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/base/logging.hpp"
#include "core/base/quantity.hpp"
#include "core/config/address.hpp"
#include "core/hub/log_hub.hpp"
#include "core/hub/retention.hpp"
#include "core/net/http_server.hpp"
#include "core/process/open_files.hpp"
#include "core/process/signal_watch.hpp"
#include "core/process/supervisor.hpp"
#include "core/process/watchdog.hpp"
#include "core/store/log_store.hpp"

namespace vela::cmd {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// One for the commit, two for readers that are behind.
constexpr std::size_t kStoreThreads = 3;
constexpr auto kCloseLimit = 5s;
// The last checkpoint, which closing the store makes.
constexpr auto kStoreCloseLimit = 10s;
// Logs that are named when they could not be stored.
constexpr std::size_t kMostNamed = 20;
// malloc makes an arena a thread; each may keep freed memory.
constexpr int kMallocArenas = 2;

namespace asio = boost::asio;

hub::HubLimits limits_of(const config::ServeOptions& options) {
  hub::HubLimits limits;
  limits.least_free_bytes = options.health_free_space;
  return limits;
}

// All that a running server is made of, in the order in which it depends on each other.
struct Server {
  Server(const config::ServeOptions& serve_options, const config::Source& serve_source,
         store::LogStore& log_store)
      : options(serve_options),
        source(serve_source),
        pool(kStoreThreads),
        hub(io.get_executor(), pool, log_store, serve_options.flush_interval,
            limits_of(serve_options)),
        retention(io.get_executor(), pool, log_store, hub, retention_of(serve_options)),
        router(hub, metrics),
        http(io.get_executor(), net::ServerLimits(), router),
        signals(io.get_executor(), {SIGTERM, SIGINT, SIGHUP}),
        supervisor(&std::getenv, ::getpid()),
        tasks(io.get_executor()) {
    metrics.add(
        [this](api::MetricFamilies& out) { api::put_retention_metrics(out, hub, retention); });
    metrics.add([this](api::MetricFamilies& out) { api::put_server_metrics(out, http); });
  }

  config::ServeOptions options;  // as last reloaded
  const config::Source& source;
  asio::io_context io{1};  // one thread
  asio::thread_pool pool;
  hub::LogHub hub;
  hub::Retention retention;
  api::Metrics metrics;
  api::Router router;
  net::HttpServer http;
  process::SignalWatch signals;
  process::Supervisor supervisor;
  std::string status;  // for the service manager, while all is well
  async::TaskGroup tasks;
};

// A socket that was passed, unless it is one that we would not open ourselves.
Result<std::string> adopt(Server& server, const process::PassedSocket& passed) {
  constexpr std::string_view kHttp = "http://";
  auto url = server.http.adopt(passed.fd);
  if (!url) return url;
  const std::string address = url->starts_with(kHttp) ? url->substr(kHttp.size()) : *url;
  const auto fault = config::find_listen_fault(address);
  if (fault)
    return Error(ErrorCode::invalid, "the socket unit" +
                                         (passed.name.empty() ? "" : " " + passed.name) +
                                         ": ListenStream=: " + *fault);
  return url;
}

// Listens on the sockets that the service manager passed; without any, on those of the options.
Result<std::vector<std::string>> listen(Server& server) {
  std::vector<std::string> urls;
  const auto passed = process::find_passed_sockets(&std::getenv, ::getpid());
  if (!passed) return passed.error();
  for (const process::PassedSocket& socket : *passed) {
    auto url = adopt(server, socket);
    if (!url) return url.error();
    urls.push_back(std::move(*url));
  }
  if (!urls.empty()) return urls;
  for (const std::string& address : server.options.listen) {
    auto url = server.http.listen(address);
    if (!url) return url.error();
    urls.push_back(std::move(*url));
  }
  return urls;
}

async::Awaitable<bool> start(Server& server) {
  const auto recovered = co_await server.hub.recover();
  if (!recovered) {
    spdlog::error("{}", recovered.error().text());
    co_return false;
  }
  const auto urls = listen(server);
  if (!urls) {
    spdlog::error("{}", urls.error().text());
    co_return false;
  }
  server.status = "listening on";
  for (const std::string& url : *urls) {
    std::printf("listening on %s\n", url.c_str());
    server.status += ' ' + url;
  }
  std::fflush(stdout);
  co_return true;
}

process::Pulse take_pulse(const Server& server) {
  const hub::Health health = server.hub.health();
  std::string status = server.status;
  if (!health.reasons.empty())
    status = std::string(hub::to_string(health.status)) + ": " + health.reasons.front().text;
  return {server.hub.stuck_for(), std::move(status)};
}

void apply(Server& server, config::Reload reload) {
  server.options = std::move(reload.options);
  set_own_log_level(server.options);
  server.retention.change(retention_of(server.options));
  for (const std::string& change : reload.applied) spdlog::info("reloaded: {}", change);
  for (const std::string& change : reload.refused) spdlog::warn("not reloaded: {}", change);
  if (reload.applied.empty() && reload.refused.empty())
    spdlog::info("reloaded: nothing has changed; flags and variables win over the file");
}

// SIGHUP. A configuration with faults changes nothing.
void reload(Server& server) {
  server.supervisor.say_reloading();
  auto fresh = config::reload(server.options, server.source);
  if (fresh) {
    apply(server, std::move(*fresh));
  } else {
    std::istringstream faults(fresh.error().text());
    for (std::string fault; std::getline(faults, fault);)
      spdlog::error("not reloaded, all stays as it was: {}", fault);
  }
  server.supervisor.say_ready(take_pulse(server).status);
}

// The next signal that asks to end; -1 when the waiting was cancelled.
async::Awaitable<int> next_end_signal(Server& server, bool is_reloading) {
  while (true) {
    const auto signal = co_await server.signals.next();
    if (!signal) co_return -1;
    if (*signal != SIGHUP) co_return *signal;
    if (is_reloading) reload(server);
  }
}

async::Awaitable<void> exit_on_next_signal(Server& server) {
  const int signal = co_await next_end_signal(server, /*is_reloading=*/false);
  if (signal > 0) std::_Exit(128 + signal);
}

// Waits for the tasks; false, with their names logged, when some are left.
async::Awaitable<bool> join(async::TaskGroup& tasks, std::chrono::microseconds limit) {
  const auto most = std::chrono::ceil<std::chrono::milliseconds>(limit);
  if (co_await tasks.join(most)) co_return true;
  for (const std::string& name : tasks.names()) spdlog::error("still running: {}", name);
  co_return false;
}

void name_unstored(const hub::LogHub& hub) {
  const std::vector<hub::UnstoredLog> logs = hub.unstored_logs();
  for (std::size_t i = 0; i < std::min(logs.size(), kMostNamed); ++i)
    spdlog::error("not stored: {} bytes of {}; a run-step sends them again, other writers have to",
                  logs[i].bytes, logs[i].id.to_string());
  if (logs.size() > kMostNamed)
    spdlog::error("not stored: bytes of {} more logs", logs.size() - kMostNamed);
}

// Says in /health that we go, and lets those who read that turn to another server.
async::Awaitable<void> announce_end(Server& server) {
  server.hub.announce_drain();
  const std::chrono::microseconds delay = server.options.shutdown_delay;
  if (delay.count() == 0) co_return;
  spdlog::info("draining: requests are taken for another {}", base::format_duration(delay));
  async::Notifier never(server.io.get_executor());
  co_await never.wait_until(base::steady_now() + delay);
}

enum class Ending { clean, unstored, stuck };

// Shutdown is a protocol: no new requests, those in progress end, everything is stored.
async::Awaitable<Ending> shut_down(Server& server, async::TaskGroup& flushing) {
  const config::ServeOptions& options = server.options;
  co_await announce_end(server);
  spdlog::info("shutting down");
  server.http.stop_accepting();
  server.hub.drain();
  server.retention.stop();
  const auto grace = std::chrono::ceil<std::chrono::milliseconds>(options.shutdown_grace);
  if (!co_await server.tasks.join(grace)) server.http.close_all();
  const bool is_closed = co_await join(server.tasks, kCloseLimit);
  server.hub.stop();
  const bool is_flushed = co_await join(flushing, options.shutdown_limit);
  name_unstored(server.hub);
  if (!is_closed || !is_flushed) co_return Ending::stuck;
  co_return server.hub.fault() ? Ending::unstored : Ending::clean;
}

std::chrono::microseconds longest_end(const config::ServeOptions& options) {
  return options.shutdown_delay + options.shutdown_grace + kCloseLimit + options.shutdown_limit +
         kStoreCloseLimit;
}

async::Awaitable<void> run(Server& server, int& exit_code) {
  exit_code = EXIT_FAILURE;
  if (!co_await start(server)) co_return;
  async::TaskGroup flushing(server.io.get_executor());
  flushing.spawn("hub", server.hub.run());
  server.tasks.spawn("http", server.http.run());
  server.tasks.spawn("retention", server.retention.run());
  server.supervisor.say_ready(server.status);
  async::TaskGroup watching(server.io.get_executor());
  std::optional<process::Watchdog> watchdog;
  if (server.supervisor.watchdog()) {
    watchdog.emplace(server.io.get_executor(), server.supervisor,
                     [&server] { return take_pulse(server); });
    watching.spawn("watchdog", watchdog->run());
  }
  static_cast<void>(co_await next_end_signal(server, /*is_reloading=*/true));
  server.supervisor.say_stopping("shutting down", longest_end(server.options));
  async::TaskGroup impatience(server.io.get_executor());
  impatience.spawn("second signal", exit_on_next_signal(server));
  const Ending ending = co_await shut_down(server, flushing);
  // What is stuck would be waited for without end by all that follows; files are as after kill -9.
  if (ending == Ending::stuck) std::_Exit(EXIT_FAILURE);
  if (ending == Ending::clean) exit_code = EXIT_SUCCESS;
  server.signals.cancel();
  static_cast<void>(co_await impatience.join(kCloseLimit));
  if (watchdog) watchdog->stop();
  static_cast<void>(co_await watching.join(kCloseLimit));
}

}  // namespace

int serve(const config::ServeOptions& options, const config::Source& source) {
  set_up_own_log(options);
  if (!options.backup_to.empty()) return back_up(options);
  if (options.retention_dry_run) return print_retention(options);
  ::mallopt(M_ARENA_MAX, kMallocArenas);
  process::ignore_sigpipe();
  // A step is a connection and a follower another; the usual soft limit is 1024.
  process::allow_all_open_files();
  auto store = store::open_store(options.store);
  if (!store) {
    spdlog::error("{}", store.error().text());
    return EXIT_FAILURE;
  }
  int exit_code = EXIT_FAILURE;
  {
    Server server(options, source, **store);
    auto rethrow = [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(server.io, run(server, exit_code), rethrow);
    server.io.run();
    server.pool.join();
  }
  if (const auto closed = (*store)->close(); !closed) {
    spdlog::error("{}", closed.error().text());
    exit_code = EXIT_FAILURE;
  }
  return exit_code;
}

}  // namespace vela::cmd
