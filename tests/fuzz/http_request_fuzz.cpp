// The head and the framing of a request, as a stranger sends them.
#include <cstdint>
#include <string>
#include <utility>

#include "core/net/request_parser.hpp"

#include "fuzz/fuzz_target.hpp"

namespace vela::fuzz {
namespace {

// Above every input: which limit is met first depends on the cuts, what is read does not.
constexpr std::size_t kHeadLimit = 1024 * 1024;
constexpr std::uint64_t kBodyLimit = 64;

class Body final : public net::BodySink {
 public:
  void on_body(std::string_view bytes) override {
    VELA_ASSERT(!bytes.empty());
    all += bytes;
  }
  std::string all;
};

struct Parsed {
  int status = 0;
  bool is_head_done = false;
  bool is_done = false;
  bool keeps_alive = false;
  bool expects_continue = false;
  std::string method, path, query, body;
  net::Headers headers;

  friend bool operator==(const Parsed&, const Parsed&) = default;
};

// As a session does it: what was not taken comes again, with more behind it.
Parsed parse(const Pieces& pieces, std::uint64_t body_limit) {
  net::RequestParser parser(kHeadLimit);
  parser.set_body_limit(body_limit);
  Body body;
  std::string rest;
  for (const std::string_view piece : pieces) {
    rest += piece;
    for (bool ended_head = true; ended_head && !parser.is_done();) {
      const bool was_head_done = parser.is_head_done();
      const std::size_t taken = parser.put(rest, &body);
      VELA_ASSERT(taken <= rest.size());
      rest.erase(0, taken);
      ended_head = parser.is_head_done() && !was_head_done;
    }
    if (parser.is_done() || parser.failure().status != 0) break;
  }
  Parsed parsed;
  parsed.status = parser.failure().status;
  parsed.is_done = parser.is_done();
  VELA_ASSERT(parsed.status == 0 || parsed.status >= 400);
  VELA_ASSERT(body_limit == 0 || body.all.size() <= body_limit);
  // After a failure nobody looks at the rest.
  if (parsed.status != 0) return parsed;
  parsed.body = std::move(body.all);
  parsed.is_head_done = parser.is_head_done();
  if (!parsed.is_head_done) return parsed;
  parsed.keeps_alive = parser.is_keep_alive();
  parsed.expects_continue = parser.expects_continue();
  const net::Request& request = parser.request();
  parsed.method = request.method;
  parsed.path = request.path;
  parsed.query = request.query;
  parsed.headers = request.headers;
  return parsed;
}

// In some pieces a fault is seen at once, in others only when what it stands in has come whole: a
// request that is refused here may still be waited for there. It is never taken.
bool is_alike(const Parsed& a, const Parsed& b) {
  const auto is_waiting = [](const Parsed& parsed) {
    return parsed.status == 0 && !parsed.is_done;
  };
  if ((is_waiting(a) && b.status != 0) || (is_waiting(b) && a.status != 0)) return true;
  return a == b;
}

}  // namespace

void check(std::string_view input) {
  const std::vector<Pieces> ways = ways_to_cut(input);
  for (const std::uint64_t limit : {std::uint64_t{0}, kBodyLimit}) {
    const Parsed whole = parse(ways.front(), limit);
    for (const Pieces& pieces : ways) VELA_ASSERT(is_alike(parse(pieces, limit), whole));
  }
}

}  // namespace vela::fuzz
