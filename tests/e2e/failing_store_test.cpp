// A store that does not answer: what writers, readers and /health see, and that memory has a bound.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/unique_fd.hpp"
#include "core/logs/acknowledgement.hpp"
#include "support/loopback.hpp"
#include "support/metrics_text.hpp"
#include "support/server.hpp"
#include "support/store_blocker.hpp"

using namespace vela::test;
using vela::logs::Acknowledgement;
using vela::logs::AckState;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;
// What serve lets wait for the store, of a log and in all, and what one read may add to it.
constexpr std::size_t kLogBound = 16 * kMiB;
constexpr std::size_t kBound = 64 * kMiB;
constexpr std::size_t kOneRead = 64 * 1024;

std::string text_of(std::size_t size, unsigned seed) {
  std::string text;
  text.reserve(size + 32);
  while (text.size() < size) text += "line " + std::to_string(seed++ * 7919) + "\n";
  text.resize(size);
  return text;
}

// A log's writer over plain requests.
struct Writer {
  const Server& server;
  std::string log;  // "/steps/1"
  std::string id = std::string(32, 'a');

  HttpReply send(const std::string& query, const std::string& body) const {
    return server.build("PATCH", log + "/logs?" + query, body, {"Vela-Logs-Writer: " + id});
  }
  Acknowledgement acknowledged(const std::string& query, const std::string& body = {}) const {
    const HttpReply reply = send(query, body);
    REQUIRE(reply.status == 200);
    const auto ack = Acknowledgement::parse(reply.body);
    REQUIRE(ack.has_value());
    return *ack;
  }
};

// Sends `text` until the server takes no more of it; its last answer.
Acknowledgement fill(const Writer& writer, const std::string& text) {
  Acknowledgement ack;
  std::size_t before = 0;
  do {
    before = ack.offset;
    ack = writer.acknowledged("offset=" + std::to_string(before), text.substr(before, kMiB / 2));
  } while (ack.offset != before);
  return ack;
}

bool is_healthy(const Server& server) { return server.request("GET", "/health").status == 200; }

// Memory of its own that the process holds.
std::size_t resident_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word)
    if (word == "RssAnon:") break;
  std::size_t kib = 0;
  status >> kib;
  return kib * 1024;
}

std::size_t open_files(pid_t pid) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

// An upload that has begun and is not answered yet.
class Upload {
 public:
  Upload(const Server& server, const std::string& log) {
    socket_ = connect_to_loopback(server.port());
    if (!socket_.is_open()) throw std::runtime_error("connect failed");
    send_all("POST " + kBuildPath + log + "/stream?offset=0 HTTP/1.1\r\nHost: x\r\n" +
             "Vela-Logs-Writer: " + std::string(32, 'b') + "\r\nTransfer-Encoding: chunked\r\n" +
             "Connection: close\r\n\r\n");
  }
  // A chunk of the body, as much of it as goes out while nobody reads for a second; how much.
  std::size_t send(std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      pollfd room{socket_.get(), POLLOUT, 0};
      if (::poll(&room, 1, 1000) != 1) return sent;
      const ssize_t length = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent,
                                    MSG_NOSIGNAL | MSG_DONTWAIT);
      if (length < 0) throw std::runtime_error("the upload was refused");
      sent += static_cast<std::size_t>(length);
    }
    return sent;
  }
  void send_all(std::string_view bytes) {
    while (!bytes.empty()) bytes.remove_prefix(send(bytes));
  }
  std::string read_answer() {
    std::string answer;
    while (receive(socket_.get(), answer)) {
    }
    return answer;
  }

 private:
  vela::base::UniqueFd socket_;
};

}  // namespace

TEST_CASE("a store that fails stops acknowledgements, shows in /health, and heals by itself") {
  Server server;
  const Writer writer{server, "/steps/1"};
  CHECK(writer.acknowledged("offset=0&durable=5", "hello").durable == 5);
  CHECK(is_healthy(server));
  StoreBlocker blocker(server.store());
  const Acknowledgement more = writer.acknowledged("offset=5&durable=11", " world");
  CHECK(more.offset == 11);
  CHECK(more.durable == 5);
  // Readers go on, a new log can begin, and a seal is answered though not confirmed.
  const HttpReply log = server.build("GET", "/steps/1/logs");
  CHECK(log.body == "hello world");
  CHECK(log.header("vela-logs-durable") == "5");
  CHECK(Writer{server, "/steps/2"}.acknowledged("offset=0", "other").durable == 0);
  CHECK(server.build("GET", "/steps/2/logs").body == "other");
  const std::string seal = "offset=11&final=1&length=11&status=success";
  CHECK(writer.acknowledged(seal).state == AckState::running);
  REQUIRE(eventually([&] { return !is_healthy(server); }));
  const HttpReply health = server.request("GET", "/health");
  CHECK(health.status == 503);
  CHECK(health.body.find(server.store()) != std::string::npos);
  CHECK(health.body.find("locked") != std::string::npos);
  CHECK(health.body.find(R"("status":"degraded","reasons":[{"code":"store")") != std::string::npos);
  CHECK(health.body.find(R"("error":")") != std::string::npos);

  blocker.release();
  REQUIRE(eventually([&] { return is_healthy(server); }));
  CHECK(writer.acknowledged(seal).state == AckState::sealed);
  server.kill9();
  server.start();
  CHECK(server.build("GET", "/steps/1/logs").body == "hello world");
  CHECK(server.build("GET", "/steps/1/logs").header("vela-logs-state") == "sealed");
  CHECK(server.build("GET", "/steps/2/logs").body == "other");
}

TEST_CASE("a log is taken over once all of it is stored, so that a crash cannot move the cut") {
  Server server;
  const Writer first{server, "/steps/1"};
  const Writer second{server, "/steps/1", std::string(32, 'b')};
  CHECK(first.acknowledged("offset=0&durable=6", "stored").durable == 6);
  StoreBlocker blocker(server.store());
  CHECK(first.acknowledged("offset=6", " and not").durable == 6);
  const std::string takeover = "offset=14&force=1&takeover=" + first.id;
  const HttpReply refused = second.send(takeover, "");
  CHECK(refused.status == 503);
  CHECK(refused.header("retry-after") == "1");
  CHECK(first.acknowledged("offset=14", "!").offset == 15);  // it owns the log still
  blocker.release();
  REQUIRE(eventually([&] { return second.send(takeover, "").status == 200; }));
  server.kill9();
  server.start();
  CHECK(server.build("GET", "/steps/1/logs").body == "stored and not!");
}

TEST_CASE("while the store fails memory stays bounded, nothing is dropped and all are answered") {
  Server server;
  std::vector<Writer> writers;
  for (int i = 1; i <= 5; ++i) writers.push_back({server, "/steps/" + std::to_string(i)});
  // A log that is there before, so that the store has been used.
  CHECK(writers[0].acknowledged("offset=0").durable == 0);
  StoreBlocker blocker(server.store());

  const std::string text = text_of(kLogBound + 4 * kMiB, 1);
  std::vector<std::size_t> taken;
  std::size_t sum = 0;
  for (const Writer& writer : writers) {
    const Acknowledgement ack = fill(writer, text);
    CHECK(ack.durable == 0);
    CHECK(ack.interval > std::chrono::milliseconds(0));
    CHECK(ack.offset <= kLogBound + kOneRead);
    taken.push_back(ack.offset);
    sum += ack.offset;
  }
  CHECK(taken[0] > kLogBound * 9 / 10);
  CHECK(sum > kBound * 9 / 10);
  CHECK(sum <= kBound + kOneRead);

  // A stream is not read: what the kernel takes for it is all that goes out.
  Upload upload(server, "/steps/6");
  const std::string streamed = text_of(32 * kMiB, 5);
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", streamed.size());
  upload.send_all(size.data());
  const std::size_t sent = upload.send(streamed);
  CHECK(sent < streamed.size());
  CHECK(server.build("GET", "/steps/6/logs").header("vela-logs-offset") == "0");
  // Signs of life and seals are answered; once the store has failed, writers are to come seldom.
  REQUIRE(eventually([&] { return !is_healthy(server); }));
  const Acknowledgement sign = writers[0].acknowledged("offset=" + std::to_string(taken[0]));
  CHECK(sign.offset == taken[0]);
  CHECK(sign.interval >= std::chrono::seconds(1));
  const std::string all = "&final=1&status=success&length=";
  const HttpReply gap = writers[0].send(
      "offset=" + std::to_string(taken[0]) + all + std::to_string(taken[0] + 1), "x");
  CHECK(gap.status == 409);
  CHECK(gap.body.find("\"gap\"") != std::string::npos);
  const std::string seal = "offset=0" + all + std::to_string(taken[1]);
  CHECK(writers[1].acknowledged(seal).state == AckState::running);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // both multiply memory
  CHECK(resident_bytes(server.pid()) < kBound + 64 * kMiB);
#endif

  blocker.release();
  REQUIRE(eventually([&] { return writers[1].acknowledged(seal).state == AckState::sealed; }));
  upload.send_all(std::string_view(streamed).substr(sent));
  upload.send_all("\r\n0\r\n\r\n");
  CHECK(upload.read_answer().find("\"offset\":" + std::to_string(streamed.size())) !=
        std::string::npos);
  CHECK((server.build("GET", "/steps/6/logs").body == streamed));
  for (std::size_t i = 0; i < writers.size(); ++i) {
    CAPTURE(i);
    const HttpReply log = server.build("GET", writers[i].log + "/logs");
    CHECK((log.body == text.substr(0, taken[i])));
  }
  CHECK(is_healthy(server));
  const MetricsText metrics = parse_metrics(server.request("GET", "/metrics").body);
  CHECK(metrics.value("vela_logs_held_back_seconds_total") > 0);
}

TEST_CASE("a stream that waits for room ends when its writer is gone") {
  Server server;
  CHECK(Writer{server, "/steps/1"}.acknowledged("offset=0").durable == 0);
  const StoreBlocker blocker(server.store());
  const std::string text = text_of(kLogBound + kMiB, 3);
  for (int i = 1; i <= 5; ++i)
    static_cast<void>(fill({server, "/steps/" + std::to_string(i)}, text));
  std::size_t before = 0;
  // Until the connections of the requests above are closed.
  REQUIRE(eventually([&] {
    const std::size_t now = open_files(server.pid());
    return now == std::exchange(before, now);
  }));
  {
    const Upload upload(server, "/steps/6");
    REQUIRE(eventually([&] { return open_files(server.pid()) > before; }));
  }
  CHECK(eventually([&] { return open_files(server.pid()) == before; }));
}
