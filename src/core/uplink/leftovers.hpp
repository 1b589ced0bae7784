#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"
#include "core/buffer/spool.hpp"
#include "core/buffer/spool_directory.hpp"
#include "core/logs/log_id.hpp"
#include "core/net/bearer_token.hpp"
#include "core/uplink/uplink.hpp"

namespace vela::uplink {

// How the output of a dead run ended: as its spool says, else as the loss of its writer.
[[nodiscard]] Ending ending_of(const buffer::Spool& spool);

// For people: where the output of a log that the server refuses for good is kept.
[[nodiscard]] std::string describe_refused_spool(std::string_view path);

// What a dead run of `log` left without an end, for the run that goes on with it: it writes behind
// what is there, under the same writer id. Nothing when there is none, or when it can't be read.
[[nodiscard]] std::optional<buffer::Spool> adopt_leftover(const buffer::SpoolDirectory& directory,
                                                          const std::string& server,
                                                          const logs::LogId& log,
                                                          std::uint64_t limit);

// A fresh spool for a run that delivers to `target`. Errors: those of making its file.
[[nodiscard]] Result<buffer::Spool> begin_spool(const buffer::SpoolDirectory& directory,
                                                const Target& target, std::uint64_t limit);

// Delivers and seals what dead runs left in a spool directory, one log after the other, in short
// appends.
//
// Executor: everything on the thread of `executor`; files are read through on a thread of its own.
// Errors:   none come out of it; what became of each is said, and counted.
// Lifetime: run() and run_for() must have returned before it goes.
class Leftovers final : private UplinkListener {
 public:
  // As it is when all is done.
  struct Tally {
    std::size_t delivered = 0;
    std::size_t rejected = 0;  // refused for good, set aside
    std::size_t left = 0;      // not delivered, or not readable
  };

  // `server`: only what goes there, with `token`; empty for all, and then no server is shown one: a
  // spool says where it wants to go, not who may know the token.
  Leftovers(boost::asio::any_io_executor executor, buffer::SpoolDirectory directory,
            std::string server, net::BearerToken token);
  ~Leftovers() override;

  // All that nobody else delivers.
  [[nodiscard]] async::Awaitable<void> run();
  // Those of this log only: nothing of a later run of it can be taken before.
  [[nodiscard]] async::Awaitable<void> run_for(logs::LogId log);

  // The one in progress is left as it is, the rest is not begun.
  void give_up(std::string_view why);
  // The one in progress is left as it is, and what goes to the same server is not begun.
  void give_up_server(std::string_view why);

  [[nodiscard]] const Tally& tally() const { return tally_; }
  // The spools of other servers, which are not looked into.
  [[nodiscard]] std::size_t count_elsewhere() const;
  // The log in progress and the bytes of it that are not durable yet; nothing between two.
  struct Progress {
    std::string log;
    logs::ByteCount bytes_left = 0;

    friend bool operator==(const Progress&, const Progress&) = default;
  };
  [[nodiscard]] std::optional<Progress> progress() const;

 private:
  void on_canceled() override {}
  void on_over() override {}

  [[nodiscard]] async::Awaitable<void> run_all(std::optional<logs::LogId> log);
  // Why it is not to be tried.
  [[nodiscard]] std::optional<std::string> find_refusal(const buffer::SpoolFile& file) const;
  [[nodiscard]] async::Awaitable<void> deliver(buffer::SpoolFile file);
  void tell(const std::string& log, const std::string& path);

  boost::asio::any_io_executor executor_;
  const buffer::SpoolDirectory directory_;
  const std::string server_;
  const net::BearerToken token_;
  boost::asio::thread_pool readers_;
  std::unique_ptr<Uplink> uplink_;  // of the one in progress
  std::string log_;                 // likewise
  std::string its_server_;          // likewise
  std::optional<std::string> given_up_;
  std::set<std::string> given_up_servers_;
  Tally tally_;
};

}  // namespace vela::uplink
