#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/buffer/spool_directory.hpp"
#include "core/uplink/uplink.hpp"

#include "bench/writers/writer.hpp"

namespace vela::bench {

// A step as run-step delivers it: the same uplink, the same spool, without the child and its pipe.
class StepWriter final : public Writer, private uplink::UplinkListener {
 public:
  // `spools`: where its spool goes. Errors: those of making a file there.
  [[nodiscard]] static Result<std::unique_ptr<Writer>> make(
      const boost::asio::any_io_executor& executor, StepPlan plan, buffer::Method method,
      const buffer::SpoolDirectory& spools);

  StepWriter(const boost::asio::any_io_executor& executor, StepPlan plan, uplink::Target target,
             uplink::DeliveryOptions options, uplink::HeldLog held);

  [[nodiscard]] async::Awaitable<bool> run() override;

 private:
  void on_canceled() override {}
  void on_over() override { over_.notify_all(); }
  [[nodiscard]] async::Awaitable<void> print();

  const StepPlan plan_;
  StepOutput output_;
  uplink::Uplink uplink_;
  async::Notifier over_;
  async::TaskGroup tasks_;
};

}  // namespace vela::bench
