// serve killed again and again under load, at moments that a seed decides: what it called durable
// is there each time, and writers go on.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "core/logs/acknowledgement.hpp"
#include "support/server.hpp"

#include "fault/run_plan.hpp"

using namespace vela::test;
using vela::logs::Acknowledgement;
using vela::logs::AckState;

namespace {

constexpr int kKills = 25;
constexpr int kWriters = 6;
// Between two kills: often in the first commits, at times while the journal is swept.
constexpr std::uint32_t kShortestMs = 5;
constexpr std::uint32_t kShortMs = 60;
constexpr std::uint32_t kLongMs = 500;
// A log is sealed beyond this, and the next one begun.
constexpr std::size_t kLogBytes = 300'000;
constexpr std::uint32_t kMaxAppend = 40'000;

// What was written to a log, and what serve said of it.
struct Written {
  std::string path;  // "/steps/7"
  std::string bytes;
  std::size_t durable = 0;
  bool is_sealed = false;
};

// Writes one log after another, always from where the server is, whatever becomes of it.
class CrashWriter {
 public:
  CrashWriter(const Server& server, int number, std::uint32_t seed)
      : server_(server), number_(number), random_(seed) {
    begin_log();
  }

  void run(const std::atomic<bool>& is_over) {
    while (!is_over || !log().is_sealed) {
      if (log().is_sealed) begin_log();
      const auto reply = ask(is_over);
      if (!reply) return;
      take(*reply);
    }
  }

  const std::vector<Written>& logs() const { return logs_; }
  const std::string& fault() const { return fault_; }

 private:
  Written& log() { return logs_.back(); }

  void begin_log() {
    const int number = number_ + kWriters * static_cast<int>(logs_.size());
    logs_.push_back({"/steps/" + std::to_string(number), {}, 0, false});
    offset_ = 0;
  }

  // The next request, until it is answered; nothing when the server did not come back.
  std::optional<HttpReply> ask(const std::atomic<bool>& is_over) {
    const bool is_last = is_over || log().bytes.size() > kLogBytes;
    if (!is_last && offset_ == log().bytes.size()) grow();
    std::string path = log().path + "/logs?offset=" + std::to_string(offset_);
    if (is_last) path += "&final=1&status=success&length=" + std::to_string(log().bytes.size());
    if (random_() % 3 == 0) path += "&durable=" + std::to_string(log().bytes.size());
    const std::string body = log().bytes.substr(offset_);
    const std::string writer = "Vela-Logs-Writer: " + std::string(31, 'a') + "123456"[number_ - 1];
    std::optional<HttpReply> reply;
    const auto is_answered = [&] {
      try {
        reply = server_.build("PATCH", path, body, {writer});
      } catch (const std::exception&) {
        return false;  // it was killed, or is not there yet
      }
      return true;
    };
    if (!eventually(is_answered)) fault_ = "serve did not come back";
    return reply;
  }

  void grow() {
    const std::size_t size = 1 + random_() % (random_() % 4 == 0 ? kMaxAppend : 200);
    for (std::size_t i = 0; i < size; ++i) log().bytes.push_back(static_cast<char>(random_()));
  }

  void take(const HttpReply& reply) {
    const auto ack = Acknowledgement::parse(reply.body);
    if (reply.status == 200 && ack) {
      if (ack->durable < log().durable) fault_ = log().path + ": durable went back";
      if (ack->offset < ack->durable) fault_ = log().path + ": the offset is below durable";
      log().durable = ack->durable;
      log().is_sealed = ack->state == AckState::sealed;
      offset_ = ack->offset;
      return;
    }
    // After a crash the server has less than it had received.
    const auto at = reply.body.find("\"offset\":");
    if (reply.status != 409 || reply.body.find("\"gap\"") == std::string::npos) {
      fault_ = log().path + ": " + std::to_string(reply.status) + " " + reply.body;
    } else {
      offset_ = std::stoul(reply.body.substr(at + 9));
      if (offset_ < log().durable) fault_ = log().path + ": durable bytes are gone";
    }
  }

  const Server& server_;
  const int number_;
  std::mt19937 random_;
  std::vector<Written> logs_;
  std::size_t offset_ = 0;  // the server's, as far as we know
  std::string fault_;
};

std::string digest_of(const std::string& bytes) {
  vela::base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

void kill_again_and_again(Server& server, std::mt19937& random) {
  for (int i = 0; i < kKills; ++i) {
    const std::uint32_t longest = i % 2 == 0 ? kShortMs : kLongMs;
    const std::uint32_t pause_ms = kShortestMs + random() % (longest - kShortestMs);
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    server.kill9();
    server.start();
  }
}

void check_log(const Server& server, const Written& log) {
  CAPTURE(log.path);
  CHECK(log.is_sealed);
  const HttpReply stored = server.build("GET", log.path + "/logs");
  CHECK(stored.status == 200);
  CHECK((stored.body == log.bytes));
  CHECK(stored.header("vela-logs-state") == "sealed");
  CHECK(stored.header("vela-logs-sha256") == digest_of(log.bytes));
}

}  // namespace

TEST_CASE("kill -9 of serve at random moments loses nothing that it called durable") {
  std::mt19937 random(static_cast<std::uint32_t>(vela::fault::seed()));
  Server server;
  std::atomic<bool> is_over = false;
  std::vector<std::unique_ptr<CrashWriter>> writers;
  std::vector<std::thread> threads;
  for (int i = 1; i <= kWriters; ++i) {
    CrashWriter& writer = *writers.emplace_back(std::make_unique<CrashWriter>(server, i, random()));
    threads.emplace_back([&writer, &is_over] { writer.run(is_over); });
  }
  std::exception_ptr failure;
  try {
    kill_again_and_again(server, random);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);

  // Once more, so that all is read from what lies on the disk.
  server.kill9();
  server.start();
  std::size_t logs = 0;
  std::size_t bytes = 0;
  for (const auto& writer : writers) {
    CHECK(writer->fault() == "");
    for (const Written& log : writer->logs()) {
      check_log(server, log);
      ++logs;
      bytes += log.bytes.size();
    }
  }
  std::printf("%d kills, %zu logs, %zu bytes\n", kKills + 1, logs, bytes);
}
