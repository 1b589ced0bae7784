#include "support/metrics_text.hpp"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace vela::test {
namespace {

bool is_name(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) return false;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  return true;
}

// Reads one answer line by line.
class Reading {
 public:
  explicit Reading(std::string_view text) : rest_(text) {}

  MetricsText read() {
    if (!rest_.ends_with('\n')) fault("the last line has no end");
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++number_;
      if (line_.starts_with("# HELP ")) {
        take_help();
      } else if (line_.starts_with("# TYPE ")) {
        take_type();
      } else {
        take_sample();
      }
    }
    end_histogram();
    return std::move(result_);
  }

 private:
  struct Series {
    double last_bound = -std::numeric_limits<double>::infinity();
    double last_count = 0;
    bool has_infinity = false;
    bool has_sum = false;
    std::optional<double> count;
  };

  void fault(const std::string& what) {
    result_.faults.push_back("line " + std::to_string(number_) + ": " + what + ": " +
                             std::string(line_));
  }

  void take_help() {
    const std::string_view words = line_.substr(7);
    const auto space = words.find(' ');
    end_histogram();
    family_ = words.substr(0, space);
    if (!is_name(family_)) fault("no name");
    if (space == std::string_view::npos || space + 1 == words.size()) fault("no help");
    const bool is_new = result_.families.try_emplace(family_).second;
    if (!is_new) fault("the family was there before");
    if (is_new && space != std::string_view::npos)
      result_.families[family_].help = words.substr(space + 1);
  }

  void take_type() {
    const std::string_view words = line_.substr(7);
    const auto space = words.find(' ');
    if (words.substr(0, space) != family_) return fault("the type of another family");
    const std::string type(words.substr(space + 1));
    if (type != "counter" && type != "gauge" && type != "histogram") fault("an unknown type");
    if (!result_.families[family_].type.empty()) fault("the type was told before");
    const bool is_total = family_.ends_with("_total");
    if (is_total != (type == "counter")) fault("a counter, and nothing else, ends in _total");
    result_.families[family_].type = type;
    if (type == "histogram") histogram_name_ = family_;
  }

  // name="value",… up to the brace; false when it is broken.
  bool take_labels(std::string_view& text, std::map<std::string, std::string>& labels) {
    while (!text.empty() && text.front() != '}') {
      const auto equals = text.find("=\"");
      if (equals == std::string_view::npos || !is_name(text.substr(0, equals))) return false;
      const std::string name(text.substr(0, equals));
      std::size_t at = equals + 2;
      std::string value;
      for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
        if (at == text.size()) return false;
        value += text[at];
      }
      if (at >= text.size() || !labels.emplace(name, value).second) return false;
      text.remove_prefix(at + 1);
      if (text.starts_with(',')) text.remove_prefix(1);
    }
    if (!text.starts_with('}')) return false;
    text.remove_prefix(1);
    return true;
  }

  void take_sample() {
    const auto name_end = line_.find_first_of("{ ");
    const std::string name(line_.substr(0, name_end));
    if (!is_name(name) || name_end == std::string_view::npos) return fault("no sample");
    std::string_view text = line_.substr(name_end);
    std::map<std::string, std::string> labels;
    if (text.starts_with('{')) {
      text.remove_prefix(1);
      if (!take_labels(text, labels)) return fault("broken labels");
    }
    const std::string key(line_.substr(0, line_.size() - text.size()));
    if (!text.starts_with(' ')) return fault("no value");
    const std::string number(text.substr(1));
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0') return fault("no number, or more than one");
    if (!result_.samples.emplace(key, value).second) fault("the series was there before");
    judge(name, labels, value);
  }

  void judge(const std::string& name, std::map<std::string, std::string>& labels, double value) {
    const auto family = result_.families.find(family_);
    if (family == result_.families.end()) return fault("a sample without a family");
    if (!std::isfinite(value)) fault("a value that is no number");
    if (family->second.type != "histogram") {
      if (name != family_) fault("the sample of another family");
      if (family->second.type == "counter" && value < 0) fault("a counter below 0");
      return;
    }
    Series& series = histogram_;
    if (name == family_ + "_bucket") {
      const std::string bound = labels["le"];
      const double number = bound == "+Inf" ? std::numeric_limits<double>::infinity()
                                            : std::strtod(bound.c_str(), nullptr);
      if (!(number > series.last_bound)) fault("bounds do not rise");
      if (value < series.last_count) fault("counts fall");
      series.last_bound = number;
      series.last_count = value;
      series.has_infinity = bound == "+Inf";
    } else if (name == family_ + "_sum") {
      series.has_sum = true;
    } else if (name == family_ + "_count") {
      series.count = value;
    } else {
      fault("the sample of another family");
    }
  }

  // None of ours has labels, so a family is one series.
  void end_histogram() {
    if (!histogram_name_.empty()) {
      if (!histogram_.has_infinity) fault(histogram_name_ + " has no bucket +Inf at its end");
      if (!histogram_.has_sum) fault(histogram_name_ + " has no sum");
      if (histogram_.count != histogram_.last_count) fault(histogram_name_ + "'s counts differ");
    }
    histogram_ = Series();
    histogram_name_.clear();
  }

  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
  std::string family_;
  std::string histogram_name_;
  Series histogram_;
  MetricsText result_;
};

}  // namespace

double MetricsText::value(const std::string& series) const {
  const auto found = samples.find(series);
  return found == samples.end() ? 0 : found->second;
}

MetricsText parse_metrics(const std::string& text) { return Reading(text).read(); }

}  // namespace vela::test
