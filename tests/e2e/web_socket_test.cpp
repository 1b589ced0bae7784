// Option 3 on the wire: what the server says to a writer's WebSocket, good and bad.
#include <future>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "support/server.hpp"
#include "support/web_socket_peer.hpp"

using namespace vela::test;

namespace {

const std::string kWriter(32, 'a');
const std::string kOther(32, 'b');
const std::string kPath = "/steps/1/stream";

std::string stored(const Server& server) { return server.build("GET", "/steps/1/logs").body; }

}  // namespace

TEST_CASE("a WebSocket says hello, acknowledges each commit, and is closed by the seal") {
  const Server server;
  WebSocketPeer peer(server.port(), kPath, kWriter);
  CHECK(peer.next().payload.find(R"("offset":0,"durable":0)") != std::string::npos);
  peer.send_output(0, "hello\n");
  CHECK(peer.next_with(R"("durable":6)").opcode == WebSocketPeer::kText);
  // What is there is skipped, what is new is taken.
  peer.send_output(0, "hello\nworld\n");
  static_cast<void>(peer.next_with(R"("durable":12)"));
  vela::base::Sha256 digest;
  digest.update("hello\nworld\n");
  peer.send(WebSocketPeer::kText, R"({"length":12,"sha256":")" + digest.hex_digest() + R"("})");
  static_cast<void>(peer.next_with(R"("state":"sealed")"));
  CHECK(peer.next_close().close_code() == 1000);
  CHECK(stored(server) == "hello\nworld\n");
  CHECK(server.build("HEAD", "/steps/1/logs").header("vela-logs-complete") == "true");
}

TEST_CASE("a wish for durable bytes is granted before the flush interval ends") {
  const Server server;
  WebSocketPeer peer(server.port(), kPath, kWriter);
  for (int i = 0; i != 20; ++i) {  // 20 s at one commit a second
    peer.send_output(static_cast<std::uint64_t>(i), "x");
    peer.send(WebSocketPeer::kText, R"({"durable":)" + std::to_string(i + 1) + "}");
    static_cast<void>(peer.next_with(R"("durable":)" + std::to_string(i + 1)));
  }
  CHECK(stored(server) == std::string(20, 'x'));
}

TEST_CASE("what is no WebSocket, or not ours, is refused in plain HTTP") {
  const Server server;
  const HttpReply plain = server.build("GET", kPath);
  CHECK(plain.status == 426);
  CHECK(plain.header("upgrade") == "websocket");
  const auto with = [&server](const std::string& what, const std::string& instead) {
    std::string request = WebSocketPeer::request(kPath, kWriter);
    request.replace(request.find(what), what.size(), instead);
    request.replace(request.find("keep-alive"), 10, "close");  // so that the answer ends
    return server.send_raw(request);
  };
  const HttpReply old = with("Version: 13", "Version: 8");
  CHECK(old.status == 426);
  CHECK(old.header("sec-websocket-version") == "13");
  CHECK(with("vela-logs.v1", "chat").status == 400);
  CHECK(with("Sec-WebSocket-Protocol: vela-logs.v1\r\n", "").status == 400);
  CHECK(with("dGhlIHNhbXBsZSBub25jZQ==", "short").status == 400);
  CHECK(with(kWriter, "me").status == 400);
  const WebSocketPeer owner(server.port(), kPath, kWriter);
  const HttpReply second = with(kWriter, kOther);
  CHECK(second.status == 409);
  CHECK(second.body.find("other_writer") != std::string::npos);
}

TEST_CASE("each bad message closes the socket with a code that says what was wrong") {
  struct Case {
    int opcode;
    std::string payload;
    bool is_masked;
    int code;
    std::string word;  // of the error that comes before
  };
  const std::vector<Case> cases{
      {WebSocketPeer::kBinary, std::string(1024 * 1024 + 1, 'x'), true, 1009, ""},
      {WebSocketPeer::kBinary, "x", false, 1002, ""},
      {3, "x", true, 1002, ""},
      {WebSocketPeer::kText, "\xff", true, 1007, ""},
      {WebSocketPeer::kText, "garbage", true, 1007, "JSON"},
      {WebSocketPeer::kText, "{}", true, 1007, "neither"},
      {WebSocketPeer::kText, R"({"length":99})", true, 1008, "gap"},
      {WebSocketPeer::kBinary, "", true, 1007, "offset"},
      {WebSocketPeer::kBinary, std::string(1, '\0') + "\x07", true, 1007, "version"},
      {WebSocketPeer::kBinary, std::string("\0\1\1\0\1\5x", 7), true, 1007, "within a frame"},
      {WebSocketPeer::kBinary, std::string("\5\1\1\0\1\1x", 7), true, 1008, "gap"},
  };
  const Server server;
  for (const Case& bad : cases) {
    CAPTURE(bad.code);
    CAPTURE(bad.word);
    WebSocketPeer peer(server.port(), kPath, kWriter);
    peer.send(bad.opcode, bad.payload, bad.is_masked);
    if (!bad.word.empty()) static_cast<void>(peer.next_with(bad.word));
    CHECK(peer.next_close().close_code() == bad.code);
  }
}

TEST_CASE("a message in many frames, with a ping between them, is one message") {
  const Server server;
  WebSocketPeer peer(server.port(), kPath, kWriter);
  peer.send(WebSocketPeer::kBinary, std::string("\0\1\1\0", 4), true, false);
  peer.send(WebSocketPeer::kPing, "?");
  peer.send(0, std::string("\1\2hi", 4), true, true);
  static_cast<void>(peer.next_with(R"("durable":2)"));
  CHECK(stored(server) == "hi");
}

TEST_CASE("a writer that was replaced is told so on its open socket") {
  const Server server;
  WebSocketPeer peer(server.port(), kPath, kWriter);
  peer.send_output(0, "x");
  static_cast<void>(peer.next_with(R"("durable":1)"));
  const HttpReply taken =
      server.build("PATCH", "/steps/1/logs?offset=0&force=1&takeover=" + kWriter, "",
                   {"Vela-Logs-Writer: " + kOther});
  CHECK(taken.status == 200);
  peer.send_output(1, "y");
  static_cast<void>(peer.next_with("replaced"));
  CHECK(peer.next_close().close_code() == 1008);
  CHECK(stored(server) == "x");
}

TEST_CASE("a server that shuts down acknowledges what came and closes with 1012") {
  Server server;
  WebSocketPeer peer(server.port(), kPath, kWriter);
  static_cast<void>(peer.next());
  peer.send_output(0, "x");
  REQUIRE(eventually([&server] { return stored(server) == "x"; }));
  auto ended = std::async(std::launch::async, [&server] { return server.terminate(); });
  static_cast<void>(peer.next_with(R"("durable":1)"));
  CHECK(peer.next_close().close_code() == 1012);
  CHECK(ended.get() == 0);
  server.start();
  CHECK(stored(server) == "x");
}
