#include "core/base/error.hpp"

#include <stdexcept>
#include <system_error>

namespace vela {

Error errno_error(ErrorCode code, std::string_view what, int errno_value) {
  std::string text(what);
  text += ": ";
  text += std::generic_category().message(errno_value);
  return Error(code, std::move(text));
}

void throw_exception_from_error(const Error& error, const boost::source_location& /*where*/) {
  throw std::runtime_error(error.text());
}

}  // namespace vela
