#include <string>

#include <doctest/doctest.h>

#include "core/net/http_server.hpp"

#include "contract/net_scene.hpp"

namespace vela::test {
namespace {

using net::Exchange;
using std::chrono::milliseconds;
using Optional = std::optional<Error>;

constexpr const char* kHost = " HTTP/1.1\r\nHost: h\r\n";

std::string get(const std::string& path) { return "GET " + path + kHost + "\r\n"; }

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + kHost + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::string post_chunked(const std::string& path) {
  return "POST " + path + kHost + "Transfer-Encoding: chunked\r\n\r\n";
}

bool starts_with(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

// A server whose /echo gives back what it gets; the test sees the pieces.
struct EchoScene : ServerScene {
  explicit EchoScene(net::ServerLimits limits = net::ServerLimits()) : ServerScene(limits) {
    handler.answers["/echo"] = [this](Exchange& exchange) {
      sink = PieceSink();
      return answer_echo(exchange, sink, end);
    };
  }
  PieceSink sink;
  Optional end;
};

TEST_CASE("lines that come one by one down a chunked body arrive one by one") {
  EchoScene scene;
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(post_chunked("/echo"));
  for (std::size_t i = 0; i < 20; ++i) {
    peer.send("6\r\nline " + std::string(1, static_cast<char>('a' + i)) + "\r\n");
    scene.pump_until([&] { return scene.sink.pieces.size() == i + 1; });
  }
  peer.send("0\r\n\r\n");
  peer.read_until("line t");
  CHECK(starts_with(peer.received, "HTTP/1.1 200 OK\r\n"));
  CHECK(scene.sink.all.size() == 20 * 6);
}

TEST_CASE("a body that is cut byte by byte arrives whole") {
  EchoScene scene;
  TcpPeer peer(scene.loop, scene.endpoint());
  const std::string text = post_chunked("/echo") + "3\r\nabc\r\nb\r\n12345678901\r\n0\r\n\r\n";
  for (const char c : text) {
    peer.send(std::string_view(&c, 1));
    scene.loop.restart();
    scene.loop.poll();
  }
  peer.read_until("abc12345678901");
}

TEST_CASE("a large body of known length arrives whole") {
  net::ServerLimits limits;
  limits.body_bytes = 8 * 1024 * 1024;
  EchoScene scene(limits);
  std::string body(8 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 % 251);
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(post("/echo", body));
  peer.read_until("\r\n\r\n");
  const std::size_t head = peer.received.find("\r\n\r\n") + 4;
  peer.read_size(head + body.size());
  CHECK((peer.received.substr(head) == body));  // not 8 MiB of message when it fails
}

TEST_CASE("a connection serves one request after another, pipelined ones in order") {
  EchoScene scene;
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(post("/echo", "one"));
  peer.read_until("\r\n\r\none");
  peer.send(post("/echo", "two") + post_chunked("/echo") + "5\r\nthree\r\n0\r\n\r\n" +
            get("/none") + post("/echo", "four"));
  const std::string& all = peer.read_until("\r\n\r\nfour");
  CHECK(all.find("two") < all.find("three"));
  CHECK(all.find("three") < all.find("no such path"));
  CHECK(scene.handler.requests == 5);
  CHECK(scene.server.sessions() == 1);
}

TEST_CASE("HTTP/1.0 is answered without chunks and closed, unless it asks to be kept") {
  EchoScene scene;
  scene.handler.answers["/stream"] = [](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers;
    auto sent = co_await exchange.begin(200, std::move(headers));
    sent = co_await exchange.write("unknown length");
    sent = co_await exchange.finish();
  };
  TcpPeer closed(scene.loop, scene.endpoint());
  closed.send("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(closed.read_to_end().find("Connection: close\r\n\r\nunknown length") != std::string::npos);
  CHECK(closed.received.find("chunked") == std::string::npos);

  TcpPeer kept(scene.loop, scene.endpoint());
  kept.send("POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na");
  CHECK(kept.read_until("\r\n\r\na").find("Connection: keep-alive\r\n") != std::string::npos);
  kept.send("POST /echo HTTP/1.0\r\nContent-Length: 1\r\n\r\nb");
  CHECK(kept.read_to_end().find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("an answer of unknown length goes out piece by piece, and HEAD gets its head alone") {
  ServerScene scene;
  async::Notifier& next = scene.notifier;
  scene.handler.answers["/stream"] = [&next](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers{{"Content-Type", "text/event-stream"}};
    auto sent = co_await exchange.begin(200, std::move(headers));
    for (int i = 0; sent && i < 3; ++i) {
      if (exchange.request().method == "GET") co_await next.wait();
      sent = co_await exchange.write("data: x\n\n");
    }
    sent = co_await exchange.finish();
  };
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(get("/stream"));
  peer.read_until("\r\n\r\n");
  for (int i = 0; i < 3; ++i) {
    peer.received.clear();
    scene.pump_until([&] { return next.has_waiters(); });
    next.notify_all();
    CHECK(peer.read_until("\n\n") ==
          "9\r\ndata: x\n\n\r\n" + std::string(i == 2 ? "0\r\n\r\n" : ""));
  }
  peer.received.clear();
  peer.send("HEAD /stream" + std::string(kHost) + "\r\n" + get("/none"));
  const std::string& answer = peer.read_until("no such path");
  CHECK(answer.find("text/event-stream") != std::string::npos);
  CHECK(answer.find("\r\n\r\nHTTP/1.1 404 Not Found") != std::string::npos);
}

TEST_CASE("a body that ends early is closed, not whole") {
  EchoScene scene;
  for (const std::string& request :
       {post("/echo", "whole").substr(0, post("/echo", "whole").size() - 2),
        post_chunked("/echo") + "5\r\nwho"}) {
    scene.end.reset();
    TcpPeer peer(scene.loop, scene.endpoint());
    peer.send(request);
    scene.pump_until([&] { return scene.sink.all == "who"; });
    peer.close();
    scene.pump_until([&] { return scene.end.has_value(); });
    CHECK(scene.end->code() == ErrorCode::closed);
    scene.sink = PieceSink();
  }
  scene.pump_until([&] { return scene.server.sessions() == 0; });
}

TEST_CASE("limits are answered with their status, in JSON, and the connection is closed") {
  net::ServerLimits limits;
  limits.header_bytes = 1024;
  limits.body_bytes = 10;
  limits.header_time = milliseconds(20);
  EchoScene scene(limits);
  const auto answer_to = [&](const std::string& request) {
    TcpPeer peer(scene.loop, scene.endpoint());
    peer.send(request);
    const std::string answer = peer.read_to_end();
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find("\r\n\r\n{\"error\":\"") != std::string::npos);
    return answer.substr(0, 12);
  };
  CHECK(answer_to("GET /" + std::string(2000, 'x') + kHost + "\r\n") == "HTTP/1.1 431");
  CHECK(answer_to("GET /echo HTTP/1.1\r\nHo") == "HTTP/1.1 408");
  CHECK(answer_to(post("/echo", "12345678901")) == "HTTP/1.1 413");
  CHECK(answer_to(post_chunked("/echo") + "b\r\n12345678901\r\n0\r\n\r\n") == "HTTP/1.1 413");
  CHECK(answer_to("nonsense\r\n\r\n") == "HTTP/1.1 400");
  CHECK(answer_to(post_chunked("/echo") + "nonsense\r\n") == "HTTP/1.1 400");
  CHECK(answer_to("GET / HTTP/1.1\r\n\r\n") == "HTTP/1.1 400");
  CHECK(answer_to("POST /echo" + std::string(kHost) + "Transfer-Encoding: gzip\r\n\r\n") ==
        "HTTP/1.1 501");
}

TEST_CASE(
    "a body over the limit is refused before any of it is sent, and a handler may allow more") {
  net::ServerLimits limits;
  limits.body_bytes = 10;
  EchoScene scene(limits);
  TcpPeer refused(scene.loop, scene.endpoint());
  refused.send("POST /echo" + std::string(kHost) + "Content-Length: 1000000\r\n\r\n");
  CHECK(starts_with(refused.read_until("\r\n\r\n"), "HTTP/1.1 413"));
  CHECK(scene.end->code() == ErrorCode::invalid);

  scene.handler.answers["/any"] = [&scene](Exchange& exchange) {
    exchange.set_body_limit(0);
    return answer_echo(exchange, scene.sink, scene.end);
  };
  TcpPeer allowed(scene.loop, scene.endpoint());
  allowed.send(post("/any", "12345678901"));
  allowed.read_until("\r\n\r\n12345678901");
}

TEST_CASE("a body that does not come in time is 408") {
  ServerScene scene;
  Optional end;
  scene.handler.answers["/slow"] = [&end](Exchange& exchange) -> async::Awaitable<void> {
    PieceSink sink;
    const auto state = co_await exchange.read_body(sink, milliseconds(20));
    if (!state) end = state.error();
  };
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(post_chunked("/slow") + "5\r\n");
  CHECK(starts_with(peer.read_to_end(), "HTTP/1.1 408"));
  REQUIRE(end.has_value());
  CHECK(end->code() == ErrorCode::timeout);
}

TEST_CASE("100 Continue is sent when the handler first reads the body, and not before a refusal") {
  EchoScene scene;
  const std::string head = std::string(kHost) + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  TcpPeer read(scene.loop, scene.endpoint());
  read.send("POST /echo" + head);
  CHECK(read.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  read.send("abc");
  CHECK(read.read_until("\r\n\r\nabc").find("HTTP/1.1 200 OK") == 25);

  TcpPeer refused(scene.loop, scene.endpoint());
  refused.send("POST /none" + head);
  CHECK(starts_with(refused.read_to_end(), "HTTP/1.1 404 Not Found"));
}

TEST_CASE("a short body that nobody read does not end the connection, a long one does") {
  EchoScene scene;
  TcpPeer shorter(scene.loop, scene.endpoint());
  const std::string request = post("/none", std::string(60'000, 'x'));
  shorter.send(request.substr(0, 1000));
  shorter.read_until("no such path");
  shorter.send(request.substr(1000) + post("/echo", "next"));
  shorter.read_until("\r\n\r\nnext");

  TcpPeer longer(scene.loop, scene.endpoint());
  longer.send("POST /none" + std::string(kHost) + "Content-Length: 1000000\r\n\r\n");
  CHECK(longer.read_until("no such path").find("Connection: close") != std::string::npos);
  longer.end_sending();
  longer.read_to_end();
}

TEST_CASE("an answer in the middle of a body reaches a peer that goes on sending") {
  ServerScene scene;
  scene.handler.answers["/stop"] = [](Exchange& exchange) -> async::Awaitable<void> {
    PieceSink sink;
    const auto state = co_await exchange.read_body(sink, std::chrono::seconds(10));
    CHECK(state.has_value());
    net::Response response = net::error_response(409, "gap");
    const auto sent = co_await exchange.respond(std::move(response));
    static_cast<void>(sent);
  };
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(post_chunked("/stop") + "3\r\nabc\r\n");
  scene.pump_until([&] { return scene.handler.requests == 1; });
  for (int i = 0; i < 100; ++i) peer.send("400\r\n" + std::string(1024, 'x') + "\r\n");
  CHECK(starts_with(peer.read_until("gap"), "HTTP/1.1 409 Conflict"));
  peer.send("0\r\n\r\n");
  peer.end_sending();
  peer.read_to_end();
}

TEST_CASE("a handler that fails or forgets to answer is 500, one that stops midway is cut") {
  ServerScene scene;
  scene.handler.answers["/throw"] = [](Exchange&) -> async::Awaitable<void> {
    throw std::runtime_error("as the test wants");
    co_return;
  };
  scene.handler.answers["/forget"] = [](Exchange&) -> async::Awaitable<void> { co_return; };
  scene.handler.answers["/cut"] = [](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers;
    auto sent = co_await exchange.begin(200, std::move(headers));
    sent = co_await exchange.write("part");
  };
  for (const char* path : {"/throw", "/forget"}) {
    TcpPeer peer(scene.loop, scene.endpoint());
    peer.send(get(path));
    CHECK(starts_with(peer.read_to_end(), "HTTP/1.1 500"));
  }
  TcpPeer cut(scene.loop, scene.endpoint());
  cut.send(get("/cut"));
  const std::string& part = cut.read_to_end();
  CHECK(part.substr(part.size() - 9) == "4\r\npart\r\n");
}

TEST_CASE("input below the mark wakes nobody, and is there when the mark is taken away") {
  ServerScene scene;
  PieceSink sink;
  Optional first;
  bool is_waiting = false;
  scene.handler.answers["/patient"] = [&](Exchange& exchange) -> async::Awaitable<void> {
    exchange.set_wake_bytes(1000);
    is_waiting = true;
    const auto woken = co_await exchange.read_body(sink, milliseconds(100));
    if (!woken) first = woken.error();
    exchange.set_wake_bytes(1);
    const auto read = co_await exchange.read_body(sink, kWaitCap);
    static_cast<void>(read);
    net::Response response;
    const auto sent = co_await exchange.respond(std::move(response));
    static_cast<void>(sent);
  };
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(post_chunked("/patient"));
  scene.pump_until([&] { return is_waiting; });
  peer.send("4\r\nline\r\n");
  peer.read_until("\r\n\r\n");
  REQUIRE(first.has_value());
  CHECK(first->code() == ErrorCode::timeout);
  CHECK(sink.all == "line");
}

TEST_CASE("a peer that has gone is seen without waiting") {
  ServerScene scene;
  async::Notifier& next = scene.notifier;
  std::vector<bool> seen;
  scene.handler.answers["/watch"] = [&](Exchange& exchange) -> async::Awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      co_await next.wait();
      seen.push_back(exchange.is_peer_gone());
    }
  };
  TcpPeer peer(scene.loop, scene.endpoint());
  peer.send(get("/watch"));
  scene.pump_until([&] { return next.has_waiters(); });
  next.notify_all();
  scene.pump_until([&] { return seen.size() == 1; });
  peer.close();
  scene.pump_until([&] { return next.has_waiters(); });
  next.notify_all();
  scene.pump_until([&] { return seen.size() == 2; });
  CHECK(seen == std::vector<bool>{false, true});
}

}  // namespace
}  // namespace vela::test
