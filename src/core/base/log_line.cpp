#include "core/base/log_line.hpp"

#include <cstddef>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "core/base/utf8_part.hpp"

namespace vela::base {
namespace {

// kReplacement, as JSON escapes it.
constexpr std::string_view kReplacementEscaped = "\\ufffd";

bool is_control(unsigned char byte) { return byte < 0x20 || byte == 0x7f; }

// U+0080 to U+009F, which terminals obey too.
bool is_c1_control(std::string_view text) {
  return text.size() >= 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
}

// As in JSON, so that one reader understands both.
void put_control(std::string& out, unsigned char byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += fmt::format("\\u{:04x}", byte);
  }
}

void put_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const Utf8Part part = first_part(text);
    const bool is_character = part.kind == Utf8Part::Kind::character;
    const auto first = static_cast<unsigned char>(text.front());
    if (!is_character) {
      out += kReplacementEscaped;
    } else if (first == '"' || first == '\\') {
      out += '\\';
      out += text.front();
    } else if (is_control(first)) {
      put_control(out, first);
    } else if (is_c1_control(text)) {
      put_control(out, static_cast<unsigned char>(text[1]));
    } else {
      out += text.substr(0, part.length);
    }
    // Each byte that is none has a mark of its own.
    text.remove_prefix(is_character ? part.length : 1);
  }
  out += '"';
}

void put_plain(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (is_control(c)) {
      put_control(out, c);
    } else if (is_c1_control(text.substr(i))) {
      put_control(out, static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
}

// name=value, quoted where a reader could not tell where the value ends.
void put_plain_field(std::string& out, const LogField& field) {
  out += ' ';
  out += field.name;
  out += '=';
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
    return;
  }
  const auto text = std::get<std::string_view>(field.value);
  if (text.empty() || text.find_first_of(" \"=\\") != std::string_view::npos) {
    put_json_text(out, text);
  } else {
    put_plain(out, text);
  }
}

void put_plain_line(std::string& out, const LogLine& line) {
  put_plain(out, line.text);
  for (const LogField& field : line.fields) put_plain_field(out, field);
}

std::string format_time(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     milliseconds.count());
}

std::string_view level_name(spdlog::level::level_enum level) {
  const auto name = spdlog::level::to_string_view(level);
  return {name.data(), name.size()};
}

std::string format_json(const LogLine& line) {
  std::string out = "{\"ts\":\"" + format_time(line.time) + "\",\"level\":\"";
  out += level_name(line.level);
  out += "\",\"msg\":";
  put_json_text(out, line.text);
  for (const LogField& field : line.fields) {
    out += ',';
    put_json_text(out, field.name);
    out += ':';
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      out += std::to_string(*number);
    } else {
      put_json_text(out, std::get<std::string_view>(field.value));
    }
  }
  out += '}';
  return out;
}

// sd-daemon(3): the priorities of syslog.
int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return 2;
    case spdlog::level::err:
      return 3;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::info:
      return 6;
    default:
      return 7;
  }
}

}  // namespace

std::string format_log_line(LogStyle style, const LogLine& line) {
  std::string out;
  switch (style) {
    case LogStyle::json:
      return format_json(line);
    case LogStyle::command:
      out = "vela-logs: ";
      out += line.text;
      return out;
    case LogStyle::journald:
      out = "<" + std::to_string(priority_of(line.level)) + ">";
      break;
    case LogStyle::text:
      out = format_time(line.time) + " ";
      out += level_name(line.level);
      out += ' ';
      break;
  }
  put_plain_line(out, line);
  return out;
}

}  // namespace vela::base
