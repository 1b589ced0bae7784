#include "core/net/http_message.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <utility>

#include <boost/beast/http/status.hpp>

namespace vela::net {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// As RFC 8259 wants it; bytes from 0x80 on are taken to be UTF-8.
std::string to_json_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (is_control(c)) {
      json += "\\u00";
      json += kHex[static_cast<unsigned char>(c) >> 4];
      json += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      json += c;
    }
  }
  json += '"';
  return json;
}

constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// In the form of parse_http_date(); made once a second. strftime would follow the locale.
std::string_view http_date() {
  thread_local std::time_t made_at = -1;
  thread_local std::array<char, 64> text{};
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                  kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                  utc.tm_min, utc.tm_sec);
    made_at = now;
  }
  return text.data();
}

bool is_ours_to_set(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames{"Connection", "Content-Length", "Date",
                                                   "Transfer-Encoding", "Cache-Control"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view ours) { return is_same_name(ours, name); });
}

void put_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value) out += is_control(c) && c != '\t' ? ' ' : c;
  out += "\r\n";
}

}  // namespace

bool is_same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::optional<base::WallTime> parse_http_date(std::string_view text) {
  // libstdc++'s get_time takes a text that ends early for a whole one.
  if (!text.ends_with(" GMT")) return std::nullopt;
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  std::tm utc{};
  in >> std::get_time(&utc, "%a, %d %b %Y %H:%M:%S GMT");
  if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return base::WallTime(std::chrono::seconds(::timegm(&utc)));
}

std::optional<std::string_view> Request::find_header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (is_same_name(header, name)) return value;
  }
  return std::nullopt;
}

Response error_response(int status, std::string_view text) {
  return json_response(status, "{\"error\":" + to_json_string(text) + "}");
}

Response json_response(int status, std::string json) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

void put_response_head(std::string& out, int status, const Headers& headers, Framing framing,
                       ConnectionHeader connection) {
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  out += "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out.append(reason.data(), reason.size());
  out += "\r\n";
  for (const auto& [name, value] : headers) {
    if (!is_ours_to_set(name)) put_header(out, name, value);
  }
  put_header(out, "Date", http_date());
  // Logs change, and a proxy that compresses them also holds them back.
  put_header(out, "Cache-Control", "no-store, no-transform");
  if (connection == ConnectionHeader::close) put_header(out, "Connection", "close");
  if (connection == ConnectionHeader::keep_alive) put_header(out, "Connection", "keep-alive");
  if (framing.kind == Framing::Kind::length) {
    put_header(out, "Content-Length", std::to_string(framing.content_length));
  }
  if (framing.kind == Framing::Kind::chunked) put_header(out, "Transfer-Encoding", "chunked");
  out += "\r\n";
}

}  // namespace vela::net
