#pragma once

#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/deadline.hpp"
#include "core/base/clock.hpp"
#include "core/net/http_client.hpp"
#include "core/uplink/path_probe.hpp"
#include "core/uplink/requests.hpp"

namespace vela::uplink {

// Sends a probe of the path and takes its times.
//
// Executor: the thread of `executor`.
// Lifetime: `client` and `target` outlive it.
class ProbeWriter final : public net::TransferHooks {
 public:
  ProbeWriter(boost::asio::any_io_executor executor, net::HttpClient& client, const Target& target);

  // One at a time; ends within the time for a connection and kProbeLimit.
  [[nodiscard]] async::Awaitable<ProbeReply> run(Probe probe);
  // Ends run() at once, with a Failure.
  void cancel() { client_.cancel(*this); }

  std::optional<std::size_t> on_upload(char* room, std::size_t size) override;

 private:
  [[nodiscard]] std::chrono::microseconds since_first() const;
  // The next on_upload() in kProbeStep.
  void pause();

  net::HttpClient& client_;
  const Target& target_;
  async::Deadline step_;   // the next piece, or the end, is due
  async::Deadline limit_;  // kProbeLimit has passed

  std::string body_;
  std::optional<base::SteadyTime> first_piece_;
  std::optional<std::chrono::microseconds> second_piece_;
  std::optional<std::chrono::microseconds> end_;
  bool is_step_due_ = false;
  bool is_late_ = false;
};

}  // namespace vela::uplink
