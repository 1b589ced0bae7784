#include "cmd/serve.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/api/router.hpp"
#include "core/async/task_group.hpp"
#include "core/base/logging.hpp"
#include "core/config/address.hpp"
#include "core/hub/log_hub.hpp"
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
// Requests in progress get this long to end by themselves; what is cut then is sent again.
constexpr auto kDrainGrace = 1s;
constexpr auto kCloseLimit = 5s;
// The last commit may meet a slow disk.
constexpr auto kFlushLimit = 60s;
// malloc makes an arena a thread; each may keep freed memory.
constexpr int kMallocArenas = 2;

namespace asio = boost::asio;

// All that a running server is made of, in the order in which it depends on each other.
struct Server {
  Server(const config::ServeOptions& serve_options, store::LogStore& log_store)
      : options(serve_options),
        pool(kStoreThreads),
        hub(io.get_executor(), pool, log_store, serve_options.flush_interval),
        router(hub),
        http(io.get_executor(), net::ServerLimits(), router),
        signals(io.get_executor(), {SIGTERM, SIGINT}),
        supervisor(&std::getenv, ::getpid()),
        tasks(io.get_executor()) {}

  const config::ServeOptions& options;
  asio::io_context io{1};  // one thread
  asio::thread_pool pool;
  hub::LogHub hub;
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
  if (fault) return Error(ErrorCode::invalid, "the socket " + passed.name + ": " + *fault);
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

async::Awaitable<void> exit_on_next_signal(Server& server) {
  const auto signal = co_await server.signals.next();
  if (signal) std::_Exit(128 + *signal);
}

// Waits for the tasks; false, with their names logged, when some are left.
async::Awaitable<bool> join(async::TaskGroup& tasks, std::chrono::milliseconds limit) {
  if (co_await tasks.join(limit)) co_return true;
  for (const std::string& name : tasks.names()) spdlog::error("still running: {}", name);
  co_return false;
}

// Shutdown is a protocol: no new requests, those in progress end, everything is stored.
async::Awaitable<bool> shut_down(Server& server, async::TaskGroup& flushing) {
  server.http.stop_accepting();
  server.hub.drain();
  if (!co_await server.tasks.join(kDrainGrace)) server.http.close_all();
  const bool is_closed = co_await join(server.tasks, kCloseLimit);
  server.hub.stop();
  const bool is_flushed = co_await join(flushing, kFlushLimit);
  co_return is_closed&& is_flushed && !server.hub.fault();
}

process::Pulse take_pulse(const Server& server) {
  return {server.hub.stuck_for(), server.hub.fault().value_or(server.status)};
}

async::Awaitable<void> run(Server& server, int& exit_code) {
  exit_code = EXIT_FAILURE;
  if (!co_await start(server)) co_return;
  async::TaskGroup flushing(server.io.get_executor());
  flushing.spawn("hub", server.hub.run());
  server.tasks.spawn("http", server.http.run());
  server.supervisor.say_ready(server.status);
  async::TaskGroup watching(server.io.get_executor());
  std::optional<process::Watchdog> watchdog;
  if (server.supervisor.watchdog()) {
    watchdog.emplace(server.io.get_executor(), server.supervisor,
                     [&server] { return take_pulse(server); });
    watching.spawn("watchdog", watchdog->run());
  }
  static_cast<void>(co_await server.signals.next());
  spdlog::info("shutting down");
  server.supervisor.say_stopping("shutting down", kDrainGrace + kCloseLimit + kFlushLimit);
  async::TaskGroup impatience(server.io.get_executor());
  impatience.spawn("second signal", exit_on_next_signal(server));
  if (co_await shut_down(server, flushing)) exit_code = EXIT_SUCCESS;
  server.signals.cancel();
  static_cast<void>(co_await impatience.join(kCloseLimit));
  if (watchdog) watchdog->stop();
  static_cast<void>(co_await watching.join(kCloseLimit));
}

base::LogStyle style_of(config::LogFormat format) {
  switch (format) {
    case config::LogFormat::json:
      return base::LogStyle::json;
    case config::LogFormat::journald:
      return base::LogStyle::journald;
    case config::LogFormat::automatic:
      if (base::is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM")))
        return base::LogStyle::journald;
      break;
    case config::LogFormat::text:
      break;
  }
  return base::LogStyle::text;
}

spdlog::level::level_enum level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace:
      return spdlog::level::trace;
    case config::LogLevel::debug:
      return spdlog::level::debug;
    case config::LogLevel::info:
      return spdlog::level::info;
    case config::LogLevel::warning:
      return spdlog::level::warn;
    case config::LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

int serve(const config::ServeOptions& options) {
  base::set_up_logging(style_of(options.log_format), level_of(options.log_level));
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
    Server server(options, **store);
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
