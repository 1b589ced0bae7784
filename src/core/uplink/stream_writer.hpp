#pragma once

#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/deadline.hpp"
#include "core/logs/wire_frames.hpp"
#include "core/net/http_client.hpp"
#include "core/uplink/delivery_machine.hpp"
#include "core/uplink/requests.hpp"

namespace vela::uplink {

// Option 2: one request whose body carries the output as it comes, for as long as the machine's
// plan for the stream says. Bytes go from the held chunks into libcurl's buffer; no other copy is
// kept.
//
// Executor: the thread of `executor`.
// Lifetime: `client`, `target` and `machine` outlive it.
class StreamWriter final : public net::TransferHooks {
 public:
  StreamWriter(boost::asio::any_io_executor executor, net::HttpClient& client, const Target& target,
               DeliveryMachine& machine);

  // Runs one stream to its answer.
  [[nodiscard]] async::Awaitable<Reply> run(OpenStream stream);

  // Bytes came, or the output ended: a stream that pauses looks again. Harmless when none is open.
  void wake();

  std::optional<std::size_t> on_upload(char* room, std::size_t size) override;

 private:
  net::HttpClient& client_;
  const Target& target_;
  DeliveryMachine& machine_;
  logs::FrameEncoder encoder_;
  std::string frames_;  // what goes into libcurl's buffer next
  bool is_paused_ = false;
  bool is_stuck_ = false;
  async::Deadline pause_;     // the plan looks again
  async::Deadline progress_;  // the other side takes nothing, or does not answer
};

}  // namespace vela::uplink
