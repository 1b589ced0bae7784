#pragma once

#include <string>

namespace vela::test {

// A new directory of its own below $TMPDIR or /tmp. It goes with the object, unless a test has
// failed by an exception: then it is kept, and its place printed, for whoever looks into the
// failure.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // The path of `name` in it.
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Writes a file into it and returns its path. `mode` as chmod takes it.
  std::string write(const std::string& name, const std::string& content, int mode = 0644) const;

 private:
  std::string path_;
  int exceptions_at_start_;
};

// The whole content of a file; throws when it can't be read.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace vela::test
