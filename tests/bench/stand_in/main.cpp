// A stand-in for Vela's server, for the yardstick: it takes whole logs and gives them back, with
// the work that Vela's own server does for that and nothing of what else it does (tokens, and the
// queries for repository, build and step). Listens on the loopback, and on a Unix socket for
// readers; ends on SIGTERM.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <spdlog/spdlog.h>
#include <zlib.h>

#include "core/async/run_blocking.hpp"
#include "core/base/logging.hpp"
#include "core/net/http_server.hpp"
#include "core/process/open_files.hpp"
#include "core/process/signal_watch.hpp"

#include "bench/base64.hpp"
#include "bench/flags.hpp"
#include "bench/stand_in/log_table.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""s;

namespace asio = boost::asio;

constexpr int kLevel = 3;  // of zlib, as Vela has it
constexpr std::size_t kThreads = 2;
constexpr auto kBodyLimit = 30s;

struct Body final : net::BodySink {
  void on_body(std::string_view bytes) override { text += bytes; }
  std::string text;
};

std::string compress(const std::string& bytes) {
  uLongf length = compressBound(bytes.size());
  std::string packed(length, '\0');
  const int code = compress2(reinterpret_cast<Bytef*>(packed.data()), &length,
                             reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), kLevel);
  if (code != Z_OK) std::abort();  // out of memory
  packed.resize(length);
  return packed;
}

// The length is not stored: the buffer grows until all fits.
std::string decompress(const std::string& packed) {
  std::string bytes(packed.size() * 16 + 1024, '\0');
  while (true) {
    uLongf length = bytes.size();
    const int code = uncompress(reinterpret_cast<Bytef*>(bytes.data()), &length,
                                reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    if (code != Z_OK && code != Z_BUF_ERROR) std::abort();
    bytes.resize(code == Z_OK ? length : bytes.size() * 2);
    if (code == Z_OK) return bytes;
  }
}

class WholeLogs final : public net::HttpHandler {
 public:
  WholeLogs(asio::thread_pool& pool, LogTable table) : pool_(pool), table_(std::move(table)) {}

  async::Awaitable<void> serve(net::Exchange& exchange) override {
    exchange.set_body_limit(0);
    Body body;
    while (true) {
      const Result<net::BodyState> state = co_await exchange.read_body(body, kBodyLimit);
      if (!state) co_return;
      if (*state == net::BodyState::ended) break;
    }
    const bool is_put = exchange.request().method == "PUT";
    auto work = [this, is_put, log = exchange.request().path, text = std::move(body.text)] {
      return is_put ? put(log, text) : get(log);
    };
    net::Response response = co_await async::run_blocking(pool_, std::move(work));
    static_cast<void>(co_await exchange.respond(std::move(response)));
  }

 private:
  net::Response put(const std::string& log, const std::string& text) {
    boost::system::error_code code;
    const boost::json::value json = boost::json::parse(text, code);
    const auto* const object = json.if_object();
    const auto* const data = object != nullptr ? object->if_contains("data") : nullptr;
    if (data == nullptr || !data->is_string()) return net::error_response(400, "no data");
    const auto bytes = from_base64(data->get_string());
    if (!bytes) return net::error_response(400, "no base64");
    const std::string packed = compress(*bytes);
    const std::lock_guard lock(mutex_);
    const Result<void> stored = table_.put(log, packed);
    if (!stored) return net::error_response(500, stored.error().text());
    return net::json_response(200, "null");
  }

  net::Response get(const std::string& log) {
    Result<std::string> packed = [&] {
      const std::lock_guard lock(mutex_);
      return table_.get(log);
    }();
    if (!packed) return net::error_response(500, packed.error().text());
    const std::string bytes = packed->empty() ? std::string() : decompress(*packed);
    return net::json_response(200, R"({"id":1,"data":")" + to_base64(bytes) + R"("})");
  }

  asio::thread_pool& pool_;
  std::mutex mutex_;
  LogTable table_;  // guarded by mutex_
};

async::Awaitable<void> stop_on_signal(process::SignalWatch& signals, net::HttpServer& server) {
  static_cast<void>(co_await signals.next());
  server.stop_accepting();
  server.close_all();
}

int fail(const Error& error) {
  std::fprintf(stderr, "bench_stand_in: %s\n", error.text().c_str());
  return EXIT_FAILURE;
}

int run(const Flags& flags) {
  Result<LogTable> table = LogTable::open(flags.text("store"));
  if (!table) return fail(table.error());
  asio::io_context context(1);
  asio::thread_pool pool(kThreads);
  WholeLogs logs(pool, std::move(*table));
  process::SignalWatch signals(context.get_executor(), {SIGTERM, SIGINT});
  net::HttpServer server(context.get_executor(), net::ServerLimits(), logs);
  for (const std::string& address : {flags.text("listen"), "unix:" + flags.text("socket")}) {
    const Result<std::string> url = server.listen(address);
    if (!url) return fail(url.error());
    std::printf("listening on %s\n", url->c_str());
  }
  std::fflush(stdout);
  const auto on_end = [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(context, server.run(), on_end);
  asio::co_spawn(context, stop_on_signal(signals, server), on_end);
  context.run();
  pool.join();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace vela::bench

int main(int argc, char** argv) {
  using namespace vela;
  base::set_up_logging(base::LogStyle::text, spdlog::level::warn);
  process::ignore_sigpipe();
  process::allow_all_open_files();
  return bench::run(
      bench::Flags(argc, argv, {{"listen", "127.0.0.1:0"}, {"socket", ""}, {"store", ""}}));
}
