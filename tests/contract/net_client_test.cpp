// What the client makes of servers that are slow, early, wrong or gone.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/net/http_client.hpp"

#include "contract/net_scene.hpp"

namespace vela::test {
namespace {

using net::ClientReply;
using net::ClientRequest;
using net::Exchange;
using std::chrono::milliseconds;

// An upload that the test feeds and a download that it looks at.
class TestHooks final : public net::TransferHooks {
 public:
  std::optional<std::size_t> on_upload(char* room, std::size_t size) override {
    ++upload_calls;
    if (is_failing) throw std::runtime_error("as the test wants");
    if (pending.empty()) return is_ended ? std::optional<std::size_t>(0) : std::nullopt;
    const std::size_t count = pending.copy(room, size);
    pending.erase(0, count);
    return count;
  }
  bool on_head(const ClientReply& head) override {
    status = head.status;
    return takes_body;
  }
  bool on_download(std::string_view bytes) override {
    downloaded += bytes;
    return downloaded.find(stop_at) == downloaded.npos;
  }

  bool has_room_for_download() override {
    ++room_calls;
    return has_room;
  }

  std::string pending;
  bool has_room = true;
  int room_calls = 0;
  bool is_ended = false;
  bool is_failing = false;
  int upload_calls = 0;
  int status = 0;
  bool takes_body = true;
  std::string downloaded;
  std::string stop_at = "stop here";
};

// A server and a client in one loop. A transfer that the test goes on beside is started.
struct ClientScene : ServerScene {
  ~ClientScene() {
    client.reset();
    pump_until([this] { return tasks.size() == 1; });
  }

  ClientRequest request(std::string method, const std::string& path, std::string body = {}) const {
    ClientRequest made;
    made.method = std::move(method);
    made.url = url + path;
    made.body = std::move(body);
    return made;
  }
  ClientRequest upload(const std::string& path) const {
    ClientRequest made = request("POST", path);
    made.is_body_fed = true;
    return made;
  }

  Result<ClientReply> perform(ClientRequest made, net::TransferHooks* hooks = nullptr) {
    start(std::move(made), hooks);
    return wait_for_result();
  }
  void start(ClientRequest made, net::TransferHooks* hooks) {
    result.reset();
    tasks.spawn("transfer", run(std::move(made), hooks));
  }
  Result<ClientReply> wait_for_result() {
    pump_until([this] { return result.has_value(); });
    return std::move(*result);
  }
  async::Awaitable<void> run(ClientRequest made, net::TransferHooks* hooks) {
    result.emplace(co_await client->perform(std::move(made), hooks));
  }

  std::unique_ptr<net::HttpClient> client = std::make_unique<net::HttpClient>(loop.get_executor());
  std::optional<Result<ClientReply>> result;
};

async::Awaitable<void> answer_text(Exchange& exchange, int status, std::string text) {
  net::Response response;
  response.status = status;
  response.body = std::move(text);
  const auto sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);
}

TEST_CASE(
    "a request says who it is, asks for no continuation and calls its body what the caller does") {
  ClientScene scene;
  net::Headers seen;
  scene.handler.answers["/x"] = [&](Exchange& exchange) {
    seen = exchange.request().headers;
    std::string text = exchange.request().method + " " + exchange.request().query;
    return answer_text(exchange, 200, std::move(text));
  };
  const auto find = [&](std::string_view name) {
    net::Request request;
    request.headers = seen;
    return std::string(request.find_header(name).value_or("-"));
  };
  CHECK(scene.perform(scene.request("PATCH", "/x?a=1", std::string(100'000, 'x'))).value().body ==
        "PATCH a=1");
  CHECK(find("User-Agent").substr(0, 10) == "vela-logs/");
  CHECK(find("Expect") == "-");
  CHECK(find("Content-Type") == "-");
  CHECK(find("Content-Length") == "100000");
  ClientRequest typed = scene.request("DELETE", "/x");
  typed.headers = {{"Content-Type", "a/b"}, {"X-Empty", ""}};
  CHECK(scene.perform(std::move(typed)).value().body == "DELETE ");
  CHECK(find("Content-Type") == "a/b");
  CHECK(find("X-Empty").empty());
  CHECK(find("Content-Length") == "-");
  CHECK(scene.perform(scene.request("PATCH", "/x")).value().status == 200);
  CHECK(find("Content-Length") == "0");
  const auto head = scene.perform(scene.request("HEAD", "/x")).value();
  CHECK(head.find_header("content-length") == "5");
  CHECK(head.body.empty());
}

TEST_CASE("an upload pauses, goes on without delay when resumed, and ends") {
  ClientScene scene;
  PieceSink sink;
  std::optional<Error> end;
  scene.handler.answers["/echo"] = [&](Exchange& exchange) {
    return answer_echo(exchange, sink, end);
  };
  TestHooks hooks;
  hooks.takes_body = false;
  scene.start(scene.upload("/echo"), &hooks);
  for (std::size_t i = 0; i < 10; ++i) {
    hooks.pending += "line\n";
    scene.client->resume(hooks);
    scene.pump_until([&] { return sink.pieces.size() == i + 1; });
  }
  scene.client->resume(hooks);  // nothing pending: pauses again
  hooks.is_ended = true;
  scene.client->resume(hooks);
  CHECK(scene.wait_for_result().value().body.size() == 50);
  scene.client->resume(hooks);  // harmless
  scene.client->cancel(hooks);
}

TEST_CASE("an answer before the end of an upload ends it, whatever its status, paused or not") {
  for (const int status : {200, 204, 409, 503}) {
    for (const bool is_paused : {true, false}) {
      CAPTURE(status);
      CAPTURE(is_paused);
      ClientScene scene;
      scene.handler.answers["/early"] = [&](Exchange& exchange) {
        std::string text = status == 204 ? "" : "early";
        return answer_text(exchange, status, std::move(text));
      };
      TestHooks hooks;
      hooks.takes_body = false;
      hooks.pending = is_paused ? "x" : std::string(64 * 1024 * 1024, 'x');
      scene.start(scene.upload("/early"), &hooks);
      const auto reply = scene.wait_for_result();
      REQUIRE(reply.has_value());
      CHECK(reply->status == status);
      CHECK(reply->body == (status == 204 ? "" : "early"));
      CHECK(hooks.status == status);
    }
  }
}

TEST_CASE("a long answer comes as it is sent, and its reader can end it") {
  ClientScene scene;
  async::Notifier& next = scene.notifier;
  scene.handler.answers["/events"] = [&](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers;
    auto sent = co_await exchange.begin(200, std::move(headers));
    for (int i = 0; sent && i < 5; ++i) {
      const std::string event = i == 4 ? "stop here" : "event " + std::to_string(i) + "\n\n";
      sent = co_await exchange.write(event);
      co_await next.wait();
    }
  };
  TestHooks hooks;
  scene.start(scene.request("GET", "/events"), &hooks);
  for (int i = 0; i < 4; ++i) {
    const std::string event = "event " + std::to_string(i) + "\n\n";
    scene.pump_until([&] { return hooks.downloaded.find(event) != std::string::npos; });
    scene.pump_until([&] { return next.has_waiters(); });
    next.notify_all();
  }
  CHECK(scene.wait_for_result().error().code() == ErrorCode::canceled);
  scene.pump_until([&] { return next.has_waiters(); });
  next.notify_all();
}

TEST_CASE("a download waits while its reader has no room, and then loses nothing") {
  ClientScene scene;
  const std::string text(8 * 1024 * 1024, 'x');
  bool is_sent = false;
  scene.handler.answers["/events"] = [&](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers;
    auto sent = co_await exchange.begin(200, std::move(headers));
    sent = co_await exchange.write(text);
    is_sent = true;
    sent = co_await exchange.finish();
    static_cast<void>(sent);
  };
  TestHooks hooks;
  hooks.has_room = false;
  scene.start(scene.request("GET", "/events"), &hooks);
  scene.pump_until([&] { return hooks.room_calls == 1; });
  // The kernel's buffers take less than all of it, and nothing asks for the rest.
  scene.loop.run_for(milliseconds(200));
  CHECK(hooks.room_calls == 1);
  CHECK(hooks.downloaded.empty());
  CHECK_FALSE(is_sent);

  scene.client->resume(hooks);  // still no room: asked once more, and paused again
  scene.loop.run_for(milliseconds(50));
  CHECK(hooks.room_calls == 2);
  hooks.has_room = true;
  scene.client->resume(hooks);
  REQUIRE(scene.wait_for_result().has_value());
  CHECK((hooks.downloaded == text));  // not 8 MiB of message when it fails
}

TEST_CASE("a reader that refuses what was held back for it ends the transfer") {
  ClientScene scene;
  scene.handler.answers["/events"] = [&](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers;
    auto sent = co_await exchange.begin(200, std::move(headers));
    sent = co_await exchange.write("stop here");
    co_await scene.notifier.wait();
  };
  TestHooks hooks;
  hooks.has_room = false;
  scene.start(scene.request("GET", "/events"), &hooks);
  scene.pump_until([&] { return hooks.room_calls == 1; });
  hooks.has_room = true;
  scene.client->resume(hooks);
  CHECK(hooks.downloaded.empty());  // hooks are called by the loop alone
  CHECK(scene.wait_for_result().error().code() == ErrorCode::canceled);
  CHECK(hooks.downloaded == "stop here");
}

TEST_CASE("an answer that is cut, or longer than a reply may be, is unavailable") {
  ClientScene scene;
  scene.handler.answers["/cut"] = [](Exchange& exchange) -> async::Awaitable<void> {
    net::Headers headers;
    auto sent = co_await exchange.begin(200, std::move(headers));
    sent = co_await exchange.write("part");
  };
  scene.handler.answers["/long"] = [](Exchange& exchange) {
    std::string text(1024 * 1024 + 1, 'x');
    return answer_text(exchange, 200, std::move(text));
  };
  for (const char* path : {"/cut", "/long"}) {
    const auto reply = scene.perform(scene.request("GET", path));
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().code() == ErrorCode::unavailable);
  }
}

TEST_CASE("limits end a transfer as timeout, a hook that throws as unavailable") {
  ClientScene scene;
  async::Notifier& never = scene.notifier;
  scene.handler.answers["/hang"] = [&](Exchange&) -> async::Awaitable<void> {
    co_await never.wait();
  };
  ClientRequest slow = scene.request("GET", "/hang");
  slow.total_limit = milliseconds(20);
  CHECK(scene.perform(std::move(slow)).error().code() == ErrorCode::timeout);

  TestHooks hooks;
  hooks.is_failing = true;
  const auto failed = scene.perform(scene.upload("/hang"), &hooks);
  CHECK(failed.error().code() == ErrorCode::unavailable);
  CHECK(failed.error().text().find("as the test wants") != std::string::npos);
}

TEST_CASE("a URL that is none is invalid, and no message tells what may be secret") {
  ClientScene scene;
  ClientRequest wrong = scene.request("GET", "");
  for (const char* url : {"http://[", "ftp://127.0.0.1/x", "http://127.0.0.1:99999/"}) {
    wrong.url = url;
    CHECK(scene.perform(wrong).error().code() == ErrorCode::invalid);
  }
  wrong.url = "http://user:password@127.0.0.1:1/path?token=x";
  const auto refused = scene.perform(wrong);
  CHECK(refused.error().code() == ErrorCode::unavailable);
  CHECK(refused.error().text().find("http://127.0.0.1:1/path") != std::string::npos);
  CHECK(refused.error().text().find("password") == std::string::npos);
  CHECK(refused.error().text().find("token") == std::string::npos);
}

TEST_CASE("connections are kept and used again, also after the server has ended one") {
  ClientScene scene;
  std::vector<std::string> peers;
  scene.handler.answers["/x"] = [&](Exchange& exchange) {
    peers.push_back(exchange.peer());
    std::string text = "x";
    return answer_text(exchange, 200, std::move(text));
  };
  CHECK(scene.perform(scene.request("GET", "/x")).has_value());
  CHECK(scene.perform(scene.request("PATCH", "/x", "body")).has_value());
  CHECK(peers[0] == peers[1]);
  ClientRequest fresh = scene.request("GET", "/x");
  fresh.is_fresh_connection = true;
  CHECK(scene.perform(std::move(fresh)).has_value());
  CHECK(peers[2] != peers[0]);
}

TEST_CASE("transfers end as canceled: one, all, by their coroutine, and with the client") {
  ClientScene scene;
  async::Notifier& never = scene.notifier;
  int waiting = 0;
  scene.handler.answers["/hang"] = [&](Exchange&) -> async::Awaitable<void> {
    ++waiting;
    co_await never.wait();
  };
  TestHooks hooks;
  const auto start = [&] {
    const int before = waiting;
    scene.start(scene.request("GET", "/hang"), &hooks);
    scene.pump_until([&] { return waiting == before + 1; });
  };
  const auto check_canceled = [&] {
    CHECK(scene.wait_for_result().error().code() == ErrorCode::canceled);
  };
  start();
  scene.client->cancel(hooks);
  check_canceled();
  start();
  scene.client->cancel_all();
  check_canceled();
  start();
  scene.client.reset();
  check_canceled();

  scene.client = std::make_unique<net::HttpClient>(scene.loop.get_executor());
  async::TaskGroup cancelled(scene.loop.get_executor());
  cancelled.spawn("transfer", scene.run(scene.request("GET", "/hang"), nullptr));
  scene.pump_until([&] { return waiting == 4; });
  scene.result.reset();
  cancelled.cancel();
  check_canceled();
  scene.pump_until([&] { return cancelled.size() == 0; });
}

}  // namespace
}  // namespace vela::test
