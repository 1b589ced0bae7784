#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vela::async {

namespace asio = boost::asio;

template <class T>
using Awaitable = asio::awaitable<T>;

// The token of every I/O await: the error code comes first in the tuple and is tested on the next
// line. `auto [ec, n] = co_await socket.async_read_some(buffer, async::kUse);`
inline constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

}  // namespace vela::async
