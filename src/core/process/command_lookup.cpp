#include "core/process/command_lookup.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace vela::process {
namespace {

// Where programs are when PATH is not set.
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Error not_found(const std::string& name) {
  return Error(ErrorCode::not_found, name + ": command not found");
}

}  // namespace

Result<std::string> find_command(const std::string& name) {
  if (name.empty()) return not_found(name);
  if (name.find('/') != std::string::npos) return name;

  const char* from_environment = std::getenv("PATH");
  std::string_view rest = from_environment != nullptr ? from_environment : kDefaultPath;
  bool was_refused = false;
  while (true) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    std::string path(directory.empty() ? "." : directory);  // as shells read an empty entry
    path += '/';
    path += name;
    if (exists(path) && !is_directory(path)) {
      if (::access(path.c_str(), X_OK) == 0) return path;
      was_refused = true;  // a later directory may have one that can be executed
    }
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (was_refused) return errno_error(ErrorCode::invalid, name, EACCES);
  return not_found(name);
}

Error exec_error(const std::string& name, const std::string& path, int errno_value) {
  switch (errno_value) {
    case ENOENT:
      // The file is there: what is missing is its interpreter or its dynamic loader.
      if (exists(path)) {
        return Error(ErrorCode::not_found, name + ": cannot execute: required file not found");
      }
      return errno_error(ErrorCode::not_found, name, ENOENT);
    case EACCES:
      return errno_error(ErrorCode::invalid, name, is_directory(path) ? EISDIR : EACCES);
    case ENOEXEC:
      return errno_error(ErrorCode::invalid, name + ": cannot execute binary file", ENOEXEC);
    default:
      return errno_error(ErrorCode::invalid, name, errno_value);
  }
}

}  // namespace vela::process
