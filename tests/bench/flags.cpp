#include "bench/flags.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace vela::bench {
namespace {

constexpr int kUsageError = 2;

[[noreturn]] void fail(const std::string& what, const Flags::Values& values) {
  std::fprintf(stderr, "%s; there are:", what.c_str());
  for (const auto& [name, value] : values) std::fprintf(stderr, " --%s", name.c_str());
  std::fprintf(stderr, "\n");
  std::exit(kUsageError);
}

}  // namespace

Flags::Flags(int argc, char** argv, Values defaults) : values_(std::move(defaults)) {
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    const auto found = flag.starts_with("--") ? values_.find(flag.substr(2)) : values_.end();
    if (found == values_.end()) fail("unknown flag " + flag, values_);
    if (i + 1 == argc) fail(flag + " needs a value", values_);
    found->second = argv[i + 1];
  }
}

double Flags::number(const std::string& name) const {
  const std::string& text = values_.at(name);
  double number = -1;
  const char* const end = text.data() + text.size();
  const auto [stopped, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc() || stopped != end || number < 0)
    fail("--" + name + ": '" + text + "' is no number", values_);
  return number;
}

}  // namespace vela::bench
