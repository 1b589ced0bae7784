#include "fault/watched_step.hpp"

#include <utility>

#include <doctest/doctest.h>

namespace vela::fault {
namespace {

// After the trouble: a reader notices a dead connection after 25 s, a writer waits up to 5 s.
constexpr std::chrono::seconds kEndCap{90};
constexpr std::size_t kSaidBytes = 2000;  // of standard error, in a failure's report

std::string log_of(const StepSetup& setup) {
  return "octocat/hello/42/steps/" + std::to_string(setup.number);
}

std::string last_of(const std::string& said) {
  return said.size() <= kSaidBytes ? said : said.substr(said.size() - kSaidBytes);
}

}  // namespace

std::vector<std::string> printer_of(const StepSetup& setup, const std::string& record) {
  return {VELA_FAULT_PRINTER,
          std::to_string(setup.seed),
          record,
          std::to_string(setup.lines),
          setup.pause,
          setup.stop_file};
}

WatchedStep::WatchedStep(StepSetup setup, const test::TempDir& dir)
    : setup_(std::move(setup)), record_(dir.write("record" + std::to_string(setup_.number), "")) {
  tail_.emplace(
      test::ProgramSetup({"tail", "--server", setup_.reader_url, "--raw", log_of(setup_)}));
  std::vector<std::string> words{"run-step",     "--server", setup_.writer_url, "--log",
                                 log_of(setup_), "--method", setup_.method,     "--quiet",
                                 "-v",           "--"};
  const std::vector<std::string> printer = printer_of(setup_, record_);
  words.insert(words.end(), printer.begin(), printer.end());
  step_.emplace(test::ProgramSetup(std::move(words)));
}

Tally WatchedStep::finish(const test::Server& server) {
  const test::Finished step = step_->wait(kEndCap);
  const test::Finished shown = tail_->wait(kEndCap);
  CAPTURE(setup_.number);
  CAPTURE(setup_.method);
  CAPTURE(last_of(step.err));
  CAPTURE(last_of(shown.err));
  CHECK(step.code == 0);
  CHECK(shown.code == 0);

  const test::HttpReply stored = server.build("GET", log_path() + "/logs");
  CHECK(stored.header("vela-logs-state") == "sealed");
  CHECK(stored.header("vela-logs-complete") == "true");
  const std::string whole = printed();
  CHECK(!whole.empty());
  Tally tally = compare(whole, stored.body);
  CHECK(tally.is_exact());
  const Tally read = compare(whole, shown.out);
  CHECK(read.is_exact());
  tally.add_reader(read);
  tally.delays = delays_of(shown);
  return tally;
}

}  // namespace vela::fault
