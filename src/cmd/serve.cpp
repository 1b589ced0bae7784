#include "cmd/serve.hpp"

#include <malloc.h>

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
#include "core/hub/log_hub.hpp"
#include "core/net/http_server.hpp"
#include "core/process/open_files.hpp"
#include "core/process/signal_watch.hpp"
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
        tasks(io.get_executor()) {}

  const config::ServeOptions& options;
  asio::io_context io{1};  // one thread
  asio::thread_pool pool;
  hub::LogHub hub;
  api::Router router;
  net::HttpServer http;
  process::SignalWatch signals;
  async::TaskGroup tasks;
};

async::Awaitable<bool> start(Server& server) {
  const auto recovered = co_await server.hub.recover();
  if (!recovered) {
    spdlog::error("{}", recovered.error().text());
    co_return false;
  }
  for (const std::string& address : server.options.listen) {
    const auto url = server.http.listen(address);
    if (!url) {
      spdlog::error("{}", url.error().text());
      co_return false;
    }
    std::printf("listening on %s\n", url->c_str());
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

async::Awaitable<void> run(Server& server, int& exit_code) {
  exit_code = EXIT_FAILURE;
  if (!co_await start(server)) co_return;
  async::TaskGroup flushing(server.io.get_executor());
  flushing.spawn("hub", server.hub.run());
  server.tasks.spawn("http", server.http.run());
  static_cast<void>(co_await server.signals.next());
  spdlog::info("shutting down");
  async::TaskGroup impatience(server.io.get_executor());
  impatience.spawn("second signal", exit_on_next_signal(server));
  if (co_await shut_down(server, flushing)) exit_code = EXIT_SUCCESS;
  server.signals.cancel();
  static_cast<void>(co_await impatience.join(kCloseLimit));
}

}  // namespace

int serve(const config::ServeOptions& options) {
  base::set_up_logging(base::LogStyle::server, spdlog::level::info);
  if (options.check_config) {
    std::puts("the configuration is good");
    return EXIT_SUCCESS;
  }
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
