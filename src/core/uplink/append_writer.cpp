#include "core/uplink/append_writer.hpp"

#include <utility>

namespace vela::uplink {

async::Awaitable<Reply> AppendWriter::send(Send send, const buffer::Spool& held) {
  net::ClientRequest request = append_request(target_, send, held);
  const Result<net::ClientReply> reply = co_await client_.perform(std::move(request), nullptr);
  co_return to_reply(reply, target_.log.to_string());
}

}  // namespace vela::uplink
