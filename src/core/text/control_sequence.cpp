#include "core/text/control_sequence.hpp"

#include <cstdint>

namespace vela::text {
namespace {

using Kind = ControlSequence::Kind;

constexpr char kBell = '\x07';
constexpr char kEscape = '\x1B';
constexpr char kC1Lead = '\xC2';  // the first UTF-8 byte of U+0080 to U+00BF

// Sequences with a body of text that ends with ST: SOS, OSC, PM, APC, DCS, and screen's title.
constexpr std::string_view kStringIntroducers = "X]^_Pk";

bool is_within(char byte, std::uint8_t low, std::uint8_t high) {
  const auto value = static_cast<std::uint8_t>(byte);
  return low <= value && value <= high;
}

bool is_c0(char byte) { return is_within(byte, 0x00, 0x1F) || byte == '\x7F'; }

std::size_t skip(std::string_view bytes, std::size_t at, std::uint8_t low, std::uint8_t high) {
  while (at < bytes.size() && is_within(bytes[at], low, high)) ++at;
  return at;
}

// "ESC [", parameters, intermediates, final byte. One that is broken off by another byte ends
// there.
ControlSequence control_of_csi(std::string_view bytes, std::size_t introducer) {
  const std::size_t intermediates = skip(bytes, introducer, 0x30, 0x3F);
  const std::size_t last = skip(bytes, intermediates, 0x20, 0x2F);
  if (last == bytes.size()) return {Kind::unfinished, introducer, {}};
  if (!is_within(bytes[last], 0x40, 0x7E)) return {Kind::removed, last, {}};

  const std::string_view parameters = bytes.substr(introducer, last - introducer);
  // Private markers ("<=>?") make it something else: "ESC [ > 4 ; 2 m" changes the keyboard.
  const bool is_sgr =
      bytes[last] == 'm' && parameters.find_first_not_of("0123456789;:") == std::string_view::npos;
  return {is_sgr ? Kind::color : Kind::removed, last + 1, parameters};
}

// "ESC ]", a body, ST or BEL. Any other control character in the body gives it up: no program
// writes one there on purpose, and a stray introducer must not swallow or delay the lines that
// follow.
ControlSequence control_of_string(std::string_view bytes, std::size_t introducer) {
  for (std::size_t i = introducer; i < bytes.size(); ++i) {
    if (bytes[i] == kBell) return {Kind::removed, i + 1, {}};
    if (bytes[i] == kEscape) {
      if (i + 1 == bytes.size()) break;
      if (bytes[i + 1] == '\\') return {Kind::removed, i + 2, {}};
      return {Kind::given_up, introducer, {}};
    }
    if (is_c0(bytes[i])) return {Kind::given_up, introducer, {}};
    if (bytes[i] == kC1Lead) {
      if (i + 1 == bytes.size()) break;
      if (bytes[i + 1] == '\x9C') return {Kind::removed, i + 2, {}};
      if (is_c1(bytes.substr(i))) return {Kind::given_up, introducer, {}};
    }
  }
  return {Kind::unfinished, introducer, {}};
}

// What follows "ESC", whose next byte stands at 1.
ControlSequence control_of_escape(std::string_view bytes) {
  if (bytes.size() == 1) return {Kind::unfinished, 1, {}};
  if (bytes[1] == '[') return control_of_csi(bytes, 2);
  if (kStringIntroducers.find(bytes[1]) != std::string_view::npos) {
    return control_of_string(bytes, 2);
  }
  const std::size_t last = skip(bytes, 1, 0x20, 0x2F);
  if (last == bytes.size()) return {Kind::unfinished, 1, {}};
  const bool is_whole = is_within(bytes[last], 0x30, 0x7E);
  return {Kind::removed, is_whole ? last + 1 : last, {}};
}

// Takes the number up to the next ';' (or the end) off `parameters`.
std::string_view take_parameter(std::string_view& parameters) {
  const std::size_t end = parameters.find(';');
  const std::string_view parameter = parameters.substr(0, end);
  parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
  return parameter;
}

}  // namespace

bool is_c1(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == kC1Lead && is_within(bytes[1], 0x80, 0x9F);
}

ControlSequence first_control(std::string_view bytes) {
  if (bytes.front() == kEscape) return control_of_escape(bytes);
  if (!is_c1(bytes)) return {Kind::removed, 1, {}};
  // A C1 is short for ESC and the byte 0x40 below it: U+009B for "ESC [".
  const char short_for = static_cast<char>(static_cast<std::uint8_t>(bytes[1]) - 0x40);
  if (short_for == '[') return control_of_csi(bytes, 2);
  if (kStringIntroducers.find(short_for) != std::string_view::npos) {
    return control_of_string(bytes, 2);
  }
  return {Kind::removed, 2, {}};
}

bool leaves_color(std::string_view parameters) {
  bool has_color = false;
  while (!parameters.empty()) {
    const std::string_view parameter = take_parameter(parameters);
    has_color = parameter.find_first_not_of('0') != std::string_view::npos;
    if (parameter != "38" && parameter != "48" && parameter != "58") continue;
    // What follows names a colour, "5;N" or "2;R;G;B", and a 0 in it is no reset.
    const std::string_view form = take_parameter(parameters);
    const int values = form == "5" ? 1 : form == "2" ? 3 : 0;
    for (int i = 0; i < values; ++i) static_cast<void>(take_parameter(parameters));
  }
  return has_color;
}

}  // namespace vela::text
