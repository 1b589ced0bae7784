// WebSockets of our client and our server over the loopback: bytes, closes, and what breaks.
#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "core/net/server_url.hpp"
#include "core/net/web_socket.hpp"
#include "core/net/web_socket_client.hpp"
#include "support/temp_dir.hpp"

#include "net_scene.hpp"

using namespace vela;
using namespace vela::test;
using std::chrono_literals::operator""s;

namespace {

constexpr std::string_view kProtocol = "test.v1";
constexpr std::string_view kTarget = "/socket";

// Sends each message back as it came; "close" closes.
async::Awaitable<void> echo(net::Exchange& exchange) {
  if (auto refusal = net::refuse_upgrade(exchange.request(), kProtocol)) {
    net::Response answer = std::move(*refusal);
    static_cast<void>(co_await exchange.respond(std::move(answer)));
    co_return;
  }
  net::WebSocket* const socket = co_await exchange.upgrade(kProtocol);
  if (socket == nullptr) co_return;
  while (true) {
    const auto message = co_await socket->read();
    if (!message) co_return;
    if (message->bytes == "close") {
      co_await socket->close(net::CloseCode::restart, "as you said", 5s);
      co_return;
    }
    const auto sent = message->is_text ? co_await socket->write_text(message->bytes, 5s)
                                       : co_await socket->write_binary(message->bytes, 5s);
    if (!sent) co_return;
  }
}

// A client whose every step the test waits for.
class Scene : public ServerScene {
 public:
  Scene() { handler.answers[std::string(kTarget)] = &echo; }
  ~Scene() { socket.reset(); }

  template <class T>
  T await(async::Awaitable<T> step) {
    std::optional<T> result;
    auto task = [](async::Awaitable<T> inner, std::optional<T>& out) -> async::Awaitable<void> {
      out.emplace(co_await std::move(inner));
    };
    tasks.spawn("step", task(std::move(step), result));
    pump_until([&result] { return result.has_value(); });
    return std::move(*result);
  }

  // What the server said instead of 101.
  std::optional<net::ClientReply> open(const std::string& server,
                                       std::string_view subprotocol = kProtocol) {
    const std::string at = net::url_at(server, kTarget);
    auto connected = await(client.connect(at, 5s));
    REQUIRE(connected.has_value());
    socket = std::move(*connected);
    auto answer = await(socket->ask(at, {{"X-Test", "1"}}, subprotocol, 5s));
    REQUIRE(answer.has_value());
    return *answer;
  }

  std::string send_and_read(const std::string& bytes) {
    REQUIRE(await(socket->write_binary(bytes, 5s)).has_value());
    const auto message = await(socket->read());
    REQUIRE(message.has_value());
    CHECK_FALSE(message->is_text);
    return std::string(message->bytes);
  }

  net::WebSocketClient client{loop.get_executor()};
  std::unique_ptr<net::WebSocket> socket;
};

}  // namespace

TEST_CASE("messages of any size come back as they were") {
  Scene scene;
  CHECK_FALSE(scene.open(scene.url).has_value());
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 1024UL * 1024}) {
    CAPTURE(size);
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i != size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 256);
    CHECK((scene.send_and_read(bytes) == bytes));
  }
  REQUIRE(scene.await(scene.socket->write_text("häh", 5s)).has_value());
  const auto text = scene.await(scene.socket->read());
  REQUIRE(text.has_value());
  CHECK(text->is_text);
  CHECK(text->bytes == "häh");
}

TEST_CASE("a Unix socket carries a WebSocket too") {
  Scene scene;
  const TempDir dir;
  // A second server beside the first, on the same loop.
  net::HttpServer on_socket(scene.loop.get_executor(), net::ServerLimits(), scene.handler);
  const auto url = on_socket.listen("unix:" + dir / "s");
  REQUIRE(url.has_value());
  scene.tasks.spawn("unix", on_socket.run());
  CHECK_FALSE(scene.open(*url).has_value());
  CHECK(scene.send_and_read("x") == "x");
  on_socket.close_all();
  scene.pump_until([&] { return on_socket.sessions() == 0 && scene.tasks.size() == 1; });
}

TEST_CASE("who is not let in gets the answer of the server, and its body") {
  Scene scene;
  const auto refused = scene.open(scene.url, "other.v1");
  REQUIRE(refused.has_value());
  CHECK(refused->status == 400);
  CHECK(refused->body.find("test.v1") != std::string::npos);
}

TEST_CASE("the code of the peer's close is told, a cut is not one") {
  Scene scene;
  CHECK_FALSE(scene.open(scene.url).has_value());
  REQUIRE(scene.await(scene.socket->write_text("close", 5s)).has_value());
  auto end = scene.await(scene.socket->read());
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().text().find("as you said") != std::string::npos);
  CHECK(scene.socket->peer_code() == 1012);

  CHECK_FALSE(scene.open(scene.url).has_value());
  std::optional<bool> is_cut;
  auto read = [](net::WebSocket& socket, std::optional<bool>& out) -> async::Awaitable<void> {
    const auto message = co_await socket.read();
    out = !message.has_value();
  };
  scene.tasks.spawn("read", read(*scene.socket, is_cut));
  scene.server.close_all();
  scene.pump_until([&is_cut] { return is_cut.has_value(); });
  CHECK(*is_cut);
  CHECK_FALSE(scene.socket->peer_code().has_value());
}

TEST_CASE("a server that is not there is an error, and so is a connect that is cancelled") {
  Scene scene;
  const auto refused = scene.await(scene.client.connect("http://127.0.0.1:1/socket", 5s));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::unavailable);
  std::optional<ErrorCode> code;
  auto connect = [](net::WebSocketClient& client, std::string url,
                    std::optional<ErrorCode>& out) -> async::Awaitable<void> {
    const auto connected = co_await client.connect(std::move(url), 5s);
    out = connected ? ErrorCode::none : connected.error().code();
  };
  scene.tasks.spawn("connect", connect(scene.client, scene.url + "/socket", code));
  scene.client.cancel();
  scene.pump_until([&code] { return code.has_value(); });
  // It may have been made just before.
  CHECK((code == ErrorCode::canceled || code == ErrorCode::none));
}

TEST_CASE("a reader that waits hears pings, and whoever does not read hears nothing") {
  Scene scene;
  CHECK_FALSE(scene.open(scene.url).has_value());
  CHECK_FALSE(scene.socket->is_reading());
  const auto before = scene.socket->heard_at();
  REQUIRE(scene.await(scene.socket->ping(5s)).has_value());
  CHECK(scene.socket->heard_at() == before);
  CHECK(scene.send_and_read("x") == "x");  // the pong came before it
  CHECK(scene.socket->heard_at() > before);
  scene.socket->abort();
  CHECK(scene.socket->is_peer_gone());
  CHECK_FALSE(scene.await(scene.socket->write_text("x", 5s)).has_value());
}
