#include "core/uplink/requests.hpp"

#include <string>

#include <doctest/doctest.h>

#include "core/logs/wire_frames.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;

namespace {

const std::string kLogUrl = "http://127.0.0.1:8080/api/v1/repos/octocat/hello/builds/42/steps/3";

Target target() {
  Target made;
  made.server = "http://127.0.0.1:8080/";
  made.log = logs::LogId::parse("octocat/hello/42/steps/3").value();
  made.name = "unit tests";
  made.started = base::WallTime(1'700'000'000'123ms);
  return made;
}

std::string header(const net::ClientRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

}  // namespace

TEST_CASE("an announcement carries name and start, and no bytes") {
  Send send;
  send.writer = logs::WriterId::make_random();
  send.is_announcement = true;
  const net::ClientRequest request = append_request(target(), send, buffer::Spool());
  CHECK(request.method == "PATCH");
  CHECK(request.url == kLogUrl + "/logs?offset=0&name=unit%20tests&started=1700000000123");
  CHECK(request.body.empty());
  CHECK(header(request, "Vela-Logs-Writer") == send.writer.to_string());
  CHECK(request.total_limit.has_value());
}

TEST_CASE("once an answer was timed, every write tells our clock and that time") {
  Target timed = target();
  OpenSocket socket;
  socket.writer = logs::WriterId::make_random();
  CHECK(header(socket_request(timed, socket), "Vela-Logs-Clock").empty());
  timed.round_trip = 1234us;
  const std::int64_t before = base::to_unix_micros(base::wall_now());
  Send send;
  send.writer = socket.writer;
  OpenStream stream;
  stream.writer = socket.writer;
  for (const net::ClientRequest& request :
       {append_request(timed, send, buffer::Spool()), stream_request(timed, stream),
        socket_request(timed, socket)}) {
    const std::string clock = header(request, "Vela-Logs-Clock");
    REQUIRE(clock.ends_with(";rtt=1234"));
    CHECK(std::stoll(clock) >= before);
    CHECK(std::stoll(clock) <= base::to_unix_micros(base::wall_now()));
  }
}

TEST_CASE("a takeover names whom it replaces, and is forced only where it is said to be") {
  Send send;
  send.writer = logs::WriterId::make_random();
  send.takeover = logs::WriterId::make_random();
  const std::string plain = kLogUrl + "/logs?offset=0&takeover=" + send.takeover->to_string();
  CHECK(append_request(target(), send, buffer::Spool()).url == plain);
  send.is_forced = true;
  CHECK(append_request(target(), send, buffer::Spool()).url == plain + "&force=1");
}

TEST_CASE("bytes travel as frames with their place, the seal in the query") {
  buffer::Spool held;
  held.append("hello ", base::WallTime(1s), logs::Stream::out);
  held.append("world\n", base::WallTime(2s), logs::Stream::err);
  Send send;
  send.from = 3;
  send.to = 12;
  send.wants_durable = true;
  send.seal.emplace();
  send.seal->length = 12;
  const net::ClientRequest request = append_request(target(), send, held);
  CHECK(request.url ==
        kLogUrl + "/logs?offset=3&durable=3&final=1&length=12&from=0&status=success");
  CHECK(header(request, "Content-Type") == logs::kFramesContentType);
  const auto chunk = logs::decode_chunk(3, request.body);
  REQUIRE(chunk.has_value());
  CHECK(chunk->bytes == "lo world\n");
  REQUIRE(chunk->marks.size() == 2);
  CHECK(chunk->marks[1].offset == 6);
  CHECK(chunk->marks[1].stream == logs::Stream::err);
}

TEST_CASE("a stream is fed, and has a limit all the same") {
  OpenStream stream;
  stream.from = 7;
  CHECK(stream_request(target(), stream).url == kLogUrl + "/stream?offset=7");
  stream.wants_durable = true;
  const net::ClientRequest request = stream_request(target(), stream);
  CHECK(request.method == "POST");
  CHECK(request.url == kLogUrl + "/stream?offset=7&durable=7");
  CHECK(request.is_body_fed);
  CHECK(request.total_limit.has_value());
}

TEST_CASE("the end of a build is a request of its own") {
  const net::ClientRequest request = end_build_request(target());
  CHECK(request.method == "POST");
  CHECK(request.url == "http://127.0.0.1:8080/api/v1/repos/octocat/hello/builds/42/end");
}

TEST_CASE("every request shows the token, and none when there is none") {
  Target with_token = target();
  with_token.token = net::BearerToken::load("", "abc").value();
  const auto shown = [](const net::ClientRequest& request) {
    return header(request, "Authorization") == "Bearer abc";
  };
  CHECK(shown(append_request(with_token, Send(), buffer::Spool())));
  CHECK(shown(stream_request(with_token, OpenStream())));
  CHECK(shown(probe_request(with_token, Probe())));
  CHECK(shown(end_build_request(with_token)));
  CHECK(header(append_request(target(), Send(), buffer::Spool()), "Authorization").empty());
}

TEST_CASE("a probe never takes a connection that live output may need") {
  Probe probe;
  probe.from = 7;
  const net::ClientRequest request = probe_request(target(), probe);
  CHECK(request.url == kLogUrl + "/stream?offset=7");
  CHECK(request.is_body_fed);
  CHECK(request.is_fresh_connection);
}

TEST_CASE("a busy server's date is read by its own clock") {
  net::ClientReply busy;
  busy.status = 503;
  busy.headers = {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                  {"retry-after", "Sun, 06 Nov 1994 08:49:44 GMT"}};
  const Reply reply = to_reply(Result<net::ClientReply>(busy), "octocat/hello/42/steps/3");
  REQUIRE(std::holds_alternative<Refusal>(reply));
  CHECK(std::get<Refusal>(reply).retry_after == 7s);
}

TEST_CASE("a transport's error proves nothing and keeps its text") {
  const Result<net::ClientReply> cut = Error(ErrorCode::unavailable, "connection reset");
  const Reply reply = to_reply(cut, "octocat/hello/42/steps/3");
  REQUIRE(std::holds_alternative<Failure>(reply));
  CHECK(std::get<Failure>(reply).text == "connection reset");
}
