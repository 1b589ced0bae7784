#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace vela {

// As many codes as callers act on differently.
enum class ErrorCode {
  none,
  invalid,      // the input is wrong; repeating it will not help
  not_found,    // nothing of that name
  conflict,     // somebody else holds it (port, lock, ownership)
  unavailable,  // the world failed (disk, network, peer); try again later
  corrupt,      // stored data contradicts itself; stop using it
  timeout,      // a limit passed
  canceled,     // we were asked to stop
  closed,       // the peer ended the connection in good order
};

// A failure of the world: what we tried, on what, and what came of it.
//
// Limits: `text` is for people and goes to stderr or into an HTTP error; it never holds a token, a
//         header value or log content.
class Error {
 public:
  Error() = default;
  Error(ErrorCode code, std::string text) : code_(code), text_(std::move(text)) {}

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  ErrorCode code_ = ErrorCode::none;
  std::string text_;
};

template <class T>
using Result = boost::system::result<T, Error>;

// "`what`: No such file or directory" for `errno_value`.
[[nodiscard]] Error errno_error(ErrorCode code, std::string_view what, int errno_value);

// Called by Result<T>::value() on an error; throws std::runtime_error with the text.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace vela
