#include "core/net/request_parser.hpp"

#include <limits>
#include <optional>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "core/base/assert.hpp"
#include "core/net/http_message.hpp"

namespace vela::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Text = boost::beast::string_view;

// A chunk's head is a few digits and trailers are rare: more is an attack on our memory.
constexpr std::size_t kChunkHeadLimit = 8 * 1024;

// Beast 1.81 asserts that five bytes are there when it comes back to the head of the last chunk. No
// chunk's head and what must follow it is shorter, so waiting for five delays nothing.
constexpr std::size_t kShortestLastChunk = 5;

std::string_view to_std(Text text) { return {text.data(), text.size()}; }

}  // namespace

class RequestParser::Impl final : public http::basic_parser<true> {
 public:
  explicit Impl(std::size_t header_limit) : header_limit_(header_limit) {
    VELA_ASSERT(header_limit <= std::numeric_limits<std::uint32_t>::max());
    this->header_limit(static_cast<std::uint32_t>(header_limit));
    this->body_limit(boost::none);  // ours may change after the head
  }

  std::size_t put_bytes(std::string_view bytes, BodySink* sink) {
    if (failure.status != 0 || is_done()) return 0;
    return is_header_done() ? put_body(bytes, sink) : put_head(bytes);
  }

  void fail(int status, std::string text) {
    if (failure.status != 0) return;
    failure.status = status;
    failure.text = std::move(text);
  }

  void check_length() {
    if (most_body != 0 && request.content_length && *request.content_length > most_body) {
      fail_too_large();
    }
  }

  Request request;
  Failure failure;
  bool is_http_1_0 = false;
  bool expects_continue = false;
  std::uint64_t most_body = 0;
  std::uint64_t body_bytes = 0;

 private:
  std::size_t put_head(std::string_view bytes) {
    std::size_t taken = 0;
    // RFC 9112 2.2: empty lines before a request are ignored.
    while (!got_some() && bytes.substr(taken, 2) == "\r\n") taken += 2;
    const std::string_view rest = bytes.substr(taken);
    if (rest.empty() || (!got_some() && rest == "\r")) return taken;

    error_code ec;
    eager(false);
    taken += put(boost::asio::buffer(rest.data(), rest.size()), ec);
    // Beast's limit is for each put(): a head in many pieces passes it.
    head_bytes_ += taken;
    const std::size_t unfinished = is_header_done() ? 0 : bytes.size() - taken;
    if (ec && ec != http::error::need_more) fail_by(ec);
    if (head_bytes_ + unfinished > header_limit_) fail_by(http::error::header_limit);
    if (failure.status == 0 && is_header_done()) check_head();
    return taken;
  }

  std::size_t put_body(std::string_view bytes, BodySink* sink) {
    const bool is_at_chunk_head = request.is_chunked && chunk_rest_ == 0;
    if (bytes.empty() || (is_at_chunk_head && bytes.size() < kShortestLastChunk)) return 0;
    check_length();
    if (failure.status != 0) return 0;
    sink_ = sink;
    error_code ec;
    eager(true);
    const std::size_t taken = put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    sink_ = nullptr;
    if (ec && ec != http::error::need_more) fail_by(ec);
    if (!is_done() && bytes.size() - taken > kChunkHeadLimit) {
      fail(400, "the head of a chunk, or the trailers, are too long");
    }
    return taken;
  }

  void fail_too_large() {
    fail(413, "the body is larger than " + std::to_string(most_body) + " bytes");
  }

  void fail_by(const error_code& ec) {
    if (ec == http::error::header_limit) {
      fail(431,
           "the head of the request is larger than " + std::to_string(header_limit_) + " bytes");
    } else if (ec == http::error::bad_version) {
      fail(505, "this server speaks HTTP/1.1 and HTTP/1.0");
    } else {
      fail(400, "malformed request: " + ec.message());
    }
  }

  // What Beast leaves to us. Bodies that two parsers could delimit differently are refused: that is
  // how requests are smuggled past a proxy.
  void check_head() {
    if (request.is_chunked && is_http_1_0) {
      fail(400, "malformed request: Transfer-Encoding in HTTP/1.0");
    }
    if (host_count_ > 1 || (host_count_ == 0 && !is_http_1_0)) {
      fail(400, "malformed request: exactly one Host header is needed");
    }
    request.content_length = to_std_optional(content_length());
  }

  static std::optional<std::uint64_t> to_std_optional(const boost::optional<std::uint64_t>& value) {
    return value ? std::optional(*value) : std::nullopt;
  }

  // ---- what Beast calls

  void on_request_impl(http::verb, Text method, Text target, int version, error_code&) override {
    request.method = to_std(method);
    std::string_view path = to_std(target);
    // RFC 9112 3.2.2: a server accepts the absolute form too; who we are does not matter.
    if (const auto scheme = path.find("://"); scheme != path.npos && path.front() != '/') {
      const auto slash = path.find('/', scheme + 3);
      path = slash == path.npos ? "/" : path.substr(slash);
    }
    if (const auto mark = path.find('?'); mark != path.npos) {
      request.query = path.substr(mark + 1);
      path = path.substr(0, mark);
    }
    request.path = path;
    is_http_1_0 = version < 11;
  }

  void on_field_impl(http::field field, Text name, Text value, error_code& ec) override {
    if (is_header_done()) return;  // a trailer: nothing of ours comes in one
    if (field == http::field::host) ++host_count_;
    if (field == http::field::transfer_encoding) {
      request.is_chunked = true;
      if (!is_same_name(to_std(value), "chunked")) {
        fail(501, "the only transfer encoding that this server knows is chunked");
        ec = http::error::bad_transfer_encoding;
      }
    }
    if (field == http::field::expect && !is_http_1_0) {
      expects_continue = is_same_name(to_std(value), "100-continue");
      if (!expects_continue) {
        fail(417, "the only expectation that this server can meet is 100-continue");
        ec = http::error::bad_value;
      }
    }
    request.headers.emplace_back(to_std(name), to_std(value));
  }

  std::size_t on_body_impl(Text body, error_code& ec) override { return take(body, ec); }

  void on_chunk_header_impl(std::uint64_t size, Text, error_code&) override { chunk_rest_ = size; }

  std::size_t on_chunk_body_impl(std::uint64_t rest, Text body, error_code& ec) override {
    chunk_rest_ = rest - body.size();
    return take(body, ec);
  }

  std::size_t take(Text body, error_code& ec) {
    if (most_body != 0 && body_bytes + body.size() > most_body) {
      fail_too_large();
      ec = http::error::body_limit;
      return 0;
    }
    body_bytes += body.size();
    if (sink_ != nullptr) sink_->on_body(to_std(body));
    return body.size();
  }

  void on_response_impl(int, Text, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const std::size_t header_limit_;
  std::size_t head_bytes_ = 0;
  int host_count_ = 0;
  std::uint64_t chunk_rest_ = 0;  // 0: a chunk's head comes next
  BodySink* sink_ = nullptr;      // for the length of a put()
};

RequestParser::RequestParser(std::size_t header_limit)
    : impl_(std::make_unique<Impl>(header_limit)) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::put(std::string_view bytes, BodySink* sink) {
  return impl_->put_bytes(bytes, sink);
}

bool RequestParser::is_head_done() const { return impl_->is_header_done(); }
bool RequestParser::is_done() const { return impl_->failure.status == 0 && impl_->is_done(); }
const RequestParser::Failure& RequestParser::failure() const { return impl_->failure; }
const Request& RequestParser::request() const { return impl_->request; }
bool RequestParser::is_http_1_0() const { return impl_->is_http_1_0; }
bool RequestParser::is_keep_alive() const { return impl_->keep_alive(); }
bool RequestParser::expects_continue() const { return impl_->expects_continue; }

void RequestParser::set_body_limit(std::uint64_t bytes) { impl_->most_body = bytes; }
void RequestParser::check_body_length() { impl_->check_length(); }

std::uint64_t RequestParser::body_bytes() const { return impl_->body_bytes; }

}  // namespace vela::net
