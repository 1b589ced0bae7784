#pragma once

#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/task_group.hpp"
#include "core/net/http_client.hpp"

#include "bench/writers/writer.hpp"

namespace vela::bench {

// A step as Vela's worker delivers it today: every second in which there was new output the whole
// log goes up once more, as base64 in JSON, and once at the end. One request at a time over one
// kept-alive connection; a second that passes meanwhile is left out.
class WholeLogWriter final : public Writer {
 public:
  WholeLogWriter(const boost::asio::any_io_executor& executor, StepPlan plan);

  [[nodiscard]] async::Awaitable<bool> run() override;

 private:
  [[nodiscard]] async::Awaitable<void> print();
  [[nodiscard]] async::Awaitable<bool> put();

  const StepPlan plan_;
  const std::string url_;
  StepOutput output_;
  net::HttpClient client_;
  async::TaskGroup tasks_;
  std::string log_;
  std::size_t sent_bytes_ = 0;  // of the log as it was last sent
};

}  // namespace vela::bench
