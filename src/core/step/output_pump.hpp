#pragma once

#include <cstddef>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/deadline.hpp"
#include "core/base/unique_fd.hpp"
#include "core/process/pipe_reader.hpp"
#include "core/step/output_intake.hpp"
#include "core/step/pass_through.hpp"

namespace vela::step {

// Carries one stream of output to the intake and to our own output, in the order it is read. Reads
// nothing while the intake has it wait for room: then the child waits.
//
// Executor: the thread of `executor`.
// Lifetime: `intake` and `pass_through` outlive it; run() must have returned before it goes.
class OutputPump {
 public:
  // `pass_through` may be null.
  OutputPump(boost::asio::any_io_executor executor, base::UniqueFd fd, logs::Stream stream,
             OutputIntake& intake, PassThrough* pass_through);

  // Returns at the end of the stream, or after hurry().
  [[nodiscard]] async::Awaitable<void> run();

  // The writer should be gone: takes what is there, waits for nothing more but for room. True when
  // somebody seems to hold the stream open still.
  bool hurry();

 private:
  boost::asio::any_io_executor executor_;
  process::PipeReader reader_;
  logs::Stream stream_;
  OutputIntake& intake_;
  PassThrough* pass_through_;
  async::Deadline silence_;
  bool is_reading_ = false;
  bool is_hurried_ = false;
  std::size_t budget_;  // bytes that are still read when hurried
};

}  // namespace vela::step
