#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "core/net/http_server.hpp"
#include "support/temp_dir.hpp"

#include "contract/net_scene.hpp"

// Listening, limits on connections, and how a server ends.
namespace vela::test {
namespace {

using net::Exchange;

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"; }

TEST_CASE("a taken port is a conflict, and the text says what to do") {
  ServerScene first;
  net::HttpServer second(first.loop.get_executor(), net::ServerLimits(), first.handler);
  const auto taken = second.listen(first.url.substr(7));
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code() == ErrorCode::conflict);
  CHECK(taken.error().text().find(first.url.substr(7)) != std::string::npos);
  CHECK(taken.error().text().find("choose another port") != std::string::npos);
  CHECK(second.listen("nonsense").error().code() == ErrorCode::invalid);
  CHECK(second.listen("192.0.2.1:1").error().code() == ErrorCode::invalid);
}

TEST_CASE("a server listens in several places at once, a Unix socket among them") {
  const TempDir dir;
  const std::string path = dir / "http.sock";
  ServerScene scene;
  net::HttpServer server(scene.loop.get_executor(), net::ServerLimits(), scene.handler);
  REQUIRE(server.listen("unix:" + path).value() == "unix:" + path);
  const auto all = server.listen(":0");
  REQUIRE(all.has_value());
  scene.tasks.spawn("second server", server.run());

  UnixPeer local(scene.loop, boost::asio::local::stream_protocol::endpoint(path));
  local.send(get("/none"));
  local.read_until("no such path");
  const auto port = std::stoi(all->substr(all->rfind(':') + 1));
  TcpPeer remote(scene.loop,
                 {boost::asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
  remote.send(get("/none"));
  remote.read_until("no such path");

  server.stop_accepting();
  scene.pump_until([&] { return scene.tasks.size() == 1; });
  struct stat file{};
  CHECK(::lstat(path.c_str(), &file) != 0);
}

TEST_CASE("the socket file of a dead server is replaced, that of a live one is a conflict") {
  const TempDir dir;
  const std::string path = dir / "http.sock";
  ServerScene scene;
  {
    // A socket that is closed without its file being taken away, as after kill -9.
    boost::asio::local::stream_protocol::acceptor dead(scene.loop, path);
  }
  net::HttpServer first(scene.loop.get_executor(), net::ServerLimits(), scene.handler);
  CHECK(first.listen("unix:" + path).has_value());
  net::HttpServer second(scene.loop.get_executor(), net::ServerLimits(), scene.handler);
  CHECK(second.listen("unix:" + path).error().code() == ErrorCode::conflict);

  const std::string file = dir / "precious";
  std::ofstream(file) << "kept";
  CHECK(second.listen("unix:" + file).error().code() == ErrorCode::conflict);
  std::string content;
  std::ifstream(file) >> content;
  CHECK(content == "kept");
  CHECK(second.listen("unix:" + std::string(200, 'x')).error().code() == ErrorCode::invalid);
  const std::string absent = dir / "absent";
  CHECK(second.listen("unix:" + absent + "/x").error().text().ends_with("mkdir -p " + absent));
}

TEST_CASE("stop_accepting ends idle connections at once and lets the others finish") {
  ServerScene scene;
  async::Notifier& next = scene.notifier;
  scene.handler.answers["/wait"] = [&next](Exchange& exchange) -> async::Awaitable<void> {
    co_await next.wait();
    net::Response response;
    response.body = "finished";
    const auto sent = co_await exchange.respond(std::move(response));
    static_cast<void>(sent);
  };
  TcpPeer idle(scene.loop, scene.endpoint());
  idle.send(get("/none"));
  idle.read_until("no such path");
  TcpPeer busy(scene.loop, scene.endpoint());
  busy.send(get("/wait"));
  scene.pump_until([&] { return next.has_waiters(); });

  scene.server.stop_accepting();
  const std::size_t before = idle.received.size();
  CHECK(idle.read_to_end().size() == before);
  CHECK(scene.server.sessions() == 1);
  CHECK_THROWS(TcpPeer(scene.loop, scene.endpoint()));
  next.notify_all();
  const std::string& answer = busy.read_to_end();
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.find("finished") != std::string::npos);
  scene.pump_until([&] { return scene.tasks.size() == 0; });
}

TEST_CASE("whoever has just connected is answered although the server stops") {
  ServerScene scene;
  TcpPeer late(scene.loop, scene.endpoint());
  scene.pump_until([&] { return scene.server.sessions() == 1; });
  scene.server.stop_accepting();
  late.send(get("/none"));
  const std::string& answer = late.read_to_end();
  CHECK(answer.find("no such path") != std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  scene.pump_until([&] { return scene.tasks.size() == 0; });
}

TEST_CASE("a socket that was opened before is listened on, and goes on without the server") {
  const TempDir dir;
  const std::string path = dir / "passed.sock";
  boost::asio::io_context outside;
  boost::asio::ip::tcp::acceptor tcp(outside, {boost::asio::ip::address_v4::loopback(), 0});
  boost::asio::local::stream_protocol::acceptor local(outside, path);
  ServerScene scene;
  {
    net::HttpServer server(scene.loop.get_executor(), net::ServerLimits(), scene.handler);
    const std::string url = "http://127.0.0.1:" + std::to_string(tcp.local_endpoint().port());
    CHECK(server.adopt(::dup(tcp.native_handle())).value() == url);
    CHECK(server.adopt(::dup(local.native_handle())).value() == "unix:" + path);
    scene.tasks.spawn("second server", server.run());
    TcpPeer peer(scene.loop, tcp.local_endpoint());
    peer.send(get("/none"));
    peer.read_until("no such path");
    server.stop_accepting();
    scene.pump_until([&] { return scene.tasks.size() == 1; });
  }
  struct stat file{};
  CHECK(::lstat(path.c_str(), &file) == 0);
  const TcpPeer waiting(scene.loop, tcp.local_endpoint());  // is not refused
  CHECK(tcp.accept().is_open());
}

TEST_CASE("what is passed and is no listening stream socket is refused") {
  ServerScene scene;
  net::HttpServer server(scene.loop.get_executor(), net::ServerLimits(), scene.handler);
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto refused = server.adopt(file);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::invalid);
  CHECK(refused.error().text().find("ListenStream=") != std::string::npos);
  CHECK_FALSE(server.adopt(::socket(AF_INET, SOCK_STREAM, 0)).has_value());
  CHECK_FALSE(server.adopt(::socket(AF_INET, SOCK_DGRAM, 0)).has_value());
}

TEST_CASE("close_all ends every session, whatever its handler waits for") {
  ServerScene scene;
  async::Notifier& never = scene.notifier;
  scene.handler.answers["/hang"] = [&never](Exchange&) -> async::Awaitable<void> {
    for (;;) co_await never.wait();
  };
  scene.handler.answers["/read"] = [](Exchange& exchange) -> async::Awaitable<void> {
    PieceSink sink;
    const auto state = co_await exchange.read_body(sink, std::chrono::hours(1));
    CHECK(state.error().code() == ErrorCode::closed);
  };
  scene.handler.answers["/flood"] = [](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers;
    auto sent = co_await exchange.begin(200, std::move(headers));
    const std::string much(1024 * 1024, 'x');
    while (sent) sent = co_await exchange.write(much);
    CHECK(sent.error().code() == ErrorCode::closed);
  };
  TcpPeer hang(scene.loop, scene.endpoint());
  hang.send(get("/hang"));
  TcpPeer flood(scene.loop, scene.endpoint());
  flood.send(get("/flood"));
  TcpPeer read(scene.loop, scene.endpoint());
  read.send("POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
  scene.pump_until([&] { return scene.handler.requests == 3; });
  scene.server.close_all();
  scene.pump_until([&] { return scene.tasks.size() == 0; });
  CHECK(scene.server.sessions() == 0);
}

TEST_CASE("connections over the limit are closed, and one that ends makes room") {
  net::ServerLimits limits;
  limits.connections = 2;
  ServerScene scene(limits);
  TcpPeer first(scene.loop, scene.endpoint());
  TcpPeer second(scene.loop, scene.endpoint());
  scene.pump_until([&] { return scene.server.sessions() == 2; });
  TcpPeer third(scene.loop, scene.endpoint());
  CHECK(third.read_to_end().empty());
  first.close();
  scene.pump_until([&] { return scene.server.sessions() == 1; });
  TcpPeer fourth(scene.loop, scene.endpoint());
  fourth.send(get("/none"));
  fourth.read_until("no such path");
}

TEST_CASE("without descriptors the server waits, does not spin, and goes on when there are some") {
  ServerScene scene;
  TcpPeer peer(scene.loop, scene.endpoint());
  TcpPeer other(scene.loop, scene.endpoint());
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  // No number is left from here on: the lowest free one is the next.
  const int lowest = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(lowest >= 0);
  ::close(lowest);
  rlimit none = limit;
  none.rlim_cur = static_cast<rlim_t>(lowest);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  scene.loop.restart();
  const std::size_t turns = scene.loop.run_for(std::chrono::milliseconds(250));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  CHECK(scene.server.sessions() == 0);
  CHECK(turns < 50);
  peer.send(get("/none"));
  peer.read_until("no such path");
}

}  // namespace
}  // namespace vela::test
