#include "support/temp_dir.hpp"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace vela::test {

TempDir::TempDir() : exceptions_at_start_(std::uncaught_exceptions()) {
  path_ = (std::filesystem::temp_directory_path() / "vela-logs-test-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_ + " failed");
}

TempDir::~TempDir() {
  if (std::uncaught_exceptions() > exceptions_at_start_) {
    fprintf(stderr, "kept for a look: %s\n", path_.c_str());
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& content, int mode) const {
  const std::string path = *this / name;
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file || ::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) {
    throw std::runtime_error("writing " + path + " failed");
  }
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("reading " + path + " failed");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace vela::test
