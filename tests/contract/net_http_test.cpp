// The HTTP server and client as each other's peer, on loopback, in one loop.
#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"
#include "support/await.hpp"
#include "support/temp_dir.hpp"

using namespace std::chrono_literals;
using namespace vela;
using net::ClientReply;
using net::ClientRequest;
using net::Exchange;

namespace {

// Answers by path; keeps what it saw.
class Handler final : public net::HttpHandler, net::BodySink {
 public:
  async::Awaitable<void> serve(Exchange& exchange) override {
    ++requests;
    peers.push_back(exchange.peer());
    const std::string& path = exchange.request().path;
    if (path == "/refuse") {
      std::string text = "refused in the middle";
      co_await answer(exchange, 409, std::move(text));
      co_return;
    }
    if (path == "/long") {
      co_await answer_long(exchange);
      co_return;
    }
    if (path == "/throw") throw std::runtime_error("a fault of ours");
    if (path == "/stream") exchange.set_body_limit(0);
    while (true) {
      const auto state = co_await exchange.read_body(*this, 5s);
      if (!state) {
        last_error = state.error().code();
        co_return;
      }
      if (*state == net::BodyState::ended) break;
    }
    std::string echo = body;
    co_await answer(exchange, 200, std::move(echo));
  }
  void on_body(std::string_view bytes) override {
    body += bytes;
    ++pieces;
    if (on_piece) on_piece();
  }

  int requests = 0;
  int pieces = 0;
  std::vector<std::string> peers;
  std::string body;
  ErrorCode last_error = ErrorCode::none;
  std::function<void()> on_piece;

 private:
  static async::Awaitable<void> answer(Exchange& exchange, int status, std::string text) {
    net::Response response;
    response.status = status;
    response.body = std::move(text);
    static_cast<void>(co_await exchange.respond(std::move(response)));
  }
  static async::Awaitable<void> answer_long(Exchange& exchange) {
    net::Headers headers;
    if (const auto begun = co_await exchange.begin(200, std::move(headers)); !begun) co_return;
    for (int i = 0; i < 3; ++i) {
      const std::string piece = "piece " + std::to_string(i) + "\n";
      if (const auto written = co_await exchange.write(piece); !written) co_return;
    }
    static_cast<void>(co_await exchange.finish());
  }
};

// Feeds its lines one by one: the next when the server has the one before.
class LineFeeder final : public net::TransferHooks {
 public:
  std::optional<std::size_t> on_upload(char* room, std::size_t size) override {
    if (left == 0) return 0;
    if (!is_ready) return std::nullopt;
    is_ready = false;
    --left;
    const std::string_view line = "line\n";
    REQUIRE(size >= line.size());
    line.copy(room, line.size());
    return line.size();
  }
  bool on_head(const ClientReply&) override { return takes_body; }
  bool on_download(std::string_view bytes) override {
    downloaded += bytes;
    return true;
  }
  int left = 0;
  bool is_ready = true;
  bool takes_body = false;
  std::string downloaded;
};

class Scene {
 public:
  explicit Scene(const std::string& address = "127.0.0.1:0")
      : server(loop.get_executor(), net::ServerLimits(), handler), client(loop.get_executor()) {
    url = server.listen(address).value();
    boost::asio::co_spawn(loop, server.run(), boost::asio::detached);
  }
  ~Scene() {
    client.cancel_all();
    server.stop_accepting();
    server.close_all();
    loop.restart();
    loop.run_for(5s);
  }
  Result<ClientReply> perform(ClientRequest request, net::TransferHooks* hooks = nullptr) {
    return test::await_on(loop, client.perform(std::move(request), hooks));
  }
  ClientRequest request(std::string method, std::string path, std::string body = {}) const {
    ClientRequest request;
    request.method = std::move(method);
    request.url = url + std::move(path);
    request.body = std::move(body);
    request.total_limit = 10s;
    return request;
  }

  boost::asio::io_context loop{1};
  Handler handler;
  net::HttpServer server;
  net::HttpClient client;
  std::string url;
};

}  // namespace

TEST_CASE("a request with a body is answered, again and again on one connection") {
  Scene scene;
  for (int i = 0; i < 3; ++i) {
    scene.handler.body.clear();
    const auto reply = scene.perform(scene.request("PATCH", "/x?y=1", "hello"));
    REQUIRE(reply.has_value());
    CHECK(reply->status == 200);
    CHECK(reply->body == "hello");
    CHECK(reply->find_header("cache-control") == "no-store, no-transform");
  }
  CHECK(scene.handler.peers.size() == 3);
  CHECK(scene.handler.peers[0] == scene.handler.peers[2]);
}

TEST_CASE("lines that are sent one by one arrive one by one") {
  Scene scene;
  LineFeeder feeder;
  feeder.left = 20;
  scene.handler.on_piece = [&] {
    feeder.is_ready = true;
    scene.client.resume(feeder);
  };
  ClientRequest request = scene.request("POST", "/stream");
  request.is_body_fed = true;
  const auto reply = scene.perform(std::move(request), &feeder);
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(scene.handler.pieces == 20);
  CHECK(scene.handler.body.size() == 100);
}

TEST_CASE("an answer in the middle of an upload reaches the client") {
  Scene scene;
  LineFeeder feeder;
  feeder.left = 1000;
  ClientRequest request = scene.request("POST", "/refuse");
  request.is_body_fed = true;
  const auto reply = scene.perform(std::move(request), &feeder);
  REQUIRE(reply.has_value());
  CHECK(reply->status == 409);
  CHECK(reply->body == "refused in the middle");
}

TEST_CASE("a long answer comes piece by piece to the hooks") {
  Scene scene;
  LineFeeder feeder;
  feeder.takes_body = true;
  const auto reply = scene.perform(scene.request("GET", "/long"), &feeder);
  REQUIRE(reply.has_value());
  CHECK(reply->body.empty());
  CHECK(feeder.downloaded == "piece 0\npiece 1\npiece 2\n");
}

TEST_CASE("a body over the limit is refused before it is read") {
  Scene scene;
  const auto reply = scene.perform(scene.request("PATCH", "/x", std::string(2 * 1024 * 1024, 'x')));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 413);
  CHECK(scene.handler.body.empty());
}

TEST_CASE("an exception in a handler is a 500 and the server goes on") {
  Scene scene;
  CHECK(scene.perform(scene.request("GET", "/throw")).value().status == 500);
  CHECK(scene.perform(scene.request("GET", "/x")).value().status == 200);
}

TEST_CASE("a transfer can be cancelled, and an upload that was cut is seen as cut") {
  Scene scene;
  LineFeeder feeder;
  feeder.left = 1000;
  scene.handler.on_piece = [&] { scene.client.cancel(feeder); };
  ClientRequest request = scene.request("POST", "/stream");
  request.is_body_fed = true;
  const auto reply = scene.perform(std::move(request), &feeder);
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code() == ErrorCode::canceled);
  const auto until = std::chrono::steady_clock::now() + test::kWaitCap;
  while (scene.handler.last_error == ErrorCode::none && std::chrono::steady_clock::now() < until)
    scene.loop.run_one_for(1s);
  CHECK(scene.handler.last_error == ErrorCode::closed);
}

TEST_CASE("a server that is not there is unavailable") {
  Scene scene;
  ClientRequest request = scene.request("GET", "/x");
  request.url = "http://127.0.0.1:1/x";
  const auto reply = scene.perform(std::move(request));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code() == ErrorCode::unavailable);
}

TEST_CASE("two servers cannot have one port, and addresses that are none are refused") {
  Scene scene;
  Handler handler;
  net::HttpServer second(scene.loop.get_executor(), net::ServerLimits(), handler);
  const auto taken = second.listen(scene.url.substr(7));
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code() == ErrorCode::conflict);
  for (const char* bad : {"", "nowhere", "127.0.0.1:99999", "127.0.0.1", "[::1"})
    CHECK_FALSE(second.listen(bad).has_value());
}

TEST_CASE("a Unix socket is listened on, a stale one is replaced, a live one is a conflict") {
  const test::TempDir dir;
  const std::string address = "unix:" + (dir / "socket");
  const Scene scene(address);
  CHECK(scene.url == address);
  boost::asio::io_context loop;
  Handler handler;
  net::HttpServer second(loop.get_executor(), net::ServerLimits(), handler);
  CHECK(second.listen(address).error().code() == ErrorCode::conflict);
}
