#pragma once

#include <map>
#include <string>

namespace vela::bench {

// "--name value" pairs of a command line; only names that have a default are taken.
class Flags {
 public:
  using Values = std::map<std::string, std::string>;

  // Prints what is wrong, and the names there are, and exits with 2.
  Flags(int argc, char** argv, Values defaults);

  [[nodiscard]] const std::string& text(const std::string& name) const { return values_.at(name); }
  // A number of at least 0; what is none ends the program as above.
  [[nodiscard]] double number(const std::string& name) const;
  [[nodiscard]] int integer(const std::string& name) const { return int(number(name)); }

 private:
  Values values_;
};

}  // namespace vela::bench
