#include "core/uplink/leftovers.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "core/async/run_blocking.hpp"
#include "core/base/logging.hpp"

namespace vela::uplink {
namespace {

// The output was cut: whether all of it is here, nobody can say.
constexpr std::string_view kWriterDied = "writer-died";
// Files are read one after the other.
constexpr std::size_t kReaders = 1;

bool contradicts(const logs::Seal& end, const buffer::Spool& spool) {
  if (end.from != spool.base()) return false;  // it has begun anew since
  return end.length != spool.end() || end.sha256 != spool.hex_digest();
}

}  // namespace

Ending ending_of(const buffer::Spool& spool) {
  Ending ending;
  const std::optional<logs::Seal>& end = spool.found_end();
  if (!end) {
    ending.status = logs::StepStatus::error;
    ending.reason = kWriterDied;
    return ending;
  }
  ending.status = end->status;
  ending.exit_code = end->exit_code;
  ending.reason = end->reason;
  ending.dropped = end->dropped;
  if (ending.reason.empty() && contradicts(*end, spool))
    ending.reason = "the spool's bytes are not those that its end names";
  return ending;
}

std::string describe_refused_spool(std::string_view path) {
  const std::string place(path);
  return "it is kept for 7 days as " + place + "; `vela-logs run-step --print-spool " + place +
         "` prints it";
}

std::optional<buffer::Spool> adopt_leftover(const buffer::SpoolDirectory& directory,
                                            const std::string& server, const logs::LogId& log,
                                            std::uint64_t limit) {
  for (const std::string& path : directory.find(server, log)) {
    Result<std::optional<buffer::SpoolFile>> file = buffer::SpoolDirectory::claim(path);
    if (!file || !*file) continue;
    Result<buffer::Spool> spool = buffer::Spool::resume(std::move(**file), limit);
    if (spool && !spool->found_end()) return std::move(*spool);
  }
  return std::nullopt;
}

Result<buffer::Spool> begin_spool(const buffer::SpoolDirectory& directory, const Target& target,
                                  std::uint64_t limit) {
  buffer::SpoolIdentity identity;
  identity.server = target.server;
  identity.log = target.log;
  identity.name = target.name;
  identity.started = target.started;
  const buffer::Spool fresh;  // for its new writer
  Result<buffer::SpoolFile> file = directory.create(identity, fresh.ownership());
  if (!file) return file.error();
  return buffer::Spool(std::move(*file), limit);
}

Leftovers::Leftovers(boost::asio::any_io_executor executor, buffer::SpoolDirectory directory,
                     std::string server, net::BearerToken token)
    : executor_(std::move(executor)),
      directory_(std::move(directory)),
      server_(std::move(server)),
      token_(std::move(token)),
      readers_(kReaders) {}

Leftovers::~Leftovers() = default;

async::Awaitable<void> Leftovers::run() { co_await run_all(std::nullopt); }

async::Awaitable<void> Leftovers::run_for(logs::LogId log) {
  std::optional<logs::LogId> only(std::move(log));
  co_await run_all(std::move(only));
}

async::Awaitable<void> Leftovers::run_all(std::optional<logs::LogId> log) {
  const std::vector<std::string> paths = directory_.find(server_, log);
  for (const std::string& path : paths) {
    Result<std::optional<buffer::SpoolFile>> file = buffer::SpoolDirectory::claim(path);
    if (!file) {
      ++tally_.left;
      spdlog::warn("{}", file.error().text());
      continue;
    }
    if (!*file) continue;
    if (const auto refusal = find_refusal(**file)) {
      ++tally_.left;
      spdlog::info("{}: what a run before left is not tried: {}; it stays in {}",
                   (*file)->identity().log.to_string(), *refusal, path);
      continue;
    }
    co_await deliver(std::move(**file));
  }
}

std::optional<std::string> Leftovers::find_refusal(const buffer::SpoolFile& file) const {
  if (given_up_) return given_up_;
  const std::string& server = file.identity().server;
  if (given_up_servers_.contains(server)) return server + " took nothing before";
  return std::nullopt;
}

async::Awaitable<void> Leftovers::deliver(buffer::SpoolFile file) {
  const std::string path = file.path();
  Target target;
  target.server = file.identity().server;
  target.log = file.identity().log;
  target.name = file.identity().name;
  target.started = file.identity().started;
  if (!server_.empty()) target.token = token_;
  const std::string log = target.log.to_string();
  its_server_ = target.server;

  auto shared = std::make_shared<buffer::SpoolFile>(std::move(file));  // with the reader's thread
  auto read = [shared] { return buffer::Spool::resume(std::move(*shared)); };
  Result<buffer::Spool> spool = co_await async::run_blocking(readers_, std::move(read));
  if (!spool) {
    ++tally_.left;
    spdlog::warn("{}: {}", path, spool.error().text());
    co_return;
  }
  Ending ending = ending_of(*spool);
  DeliveryOptions options;
  options.method = buffer::Method::append;
  options.is_leftover = true;
  HeldLog held(std::move(*spool));
  UplinkListener& listener = *this;
  uplink_ =
      std::make_unique<Uplink>(executor_, std::move(target), options, std::move(held), listener);
  log_ = log;
  uplink_->end(std::move(ending));
  if (given_up_) uplink_->give_up(*given_up_);
  co_await uplink_->run();
  tell(log, path);
  uplink_.reset();
}

void Leftovers::tell(const std::string& log, const std::string& path) {
  const Outcome outcome = uplink_->outcome();
  const std::string bytes = std::to_string(outcome.length) + " bytes";
  if (outcome.is_sealed) {
    ++tally_.delivered;
    spdlog::info("{}: delivered what a run before left, {} in all", log, bytes);
  } else if (outcome.is_refused) {
    ++tally_.rejected;
    spdlog::warn("{}: what a run before left is refused: {}; {}", log, outcome.reason,
                 describe_refused_spool(uplink_->spool_path()));
  } else {
    ++tally_.left;
    spdlog::info("{}: what a run before left is not delivered yet: {}; it stays in {}", log,
                 outcome.reason, path);
  }
}

std::size_t Leftovers::count_elsewhere() const {
  if (server_.empty()) return 0;
  return directory_.find("", std::nullopt).size() - directory_.find(server_, std::nullopt).size();
}

void Leftovers::give_up(std::string_view why) {
  given_up_ = std::string(why);
  if (uplink_) uplink_->give_up(why);
}

void Leftovers::give_up_server(std::string_view why) {
  given_up_servers_.insert(its_server_);
  if (uplink_) uplink_->give_up(why);
}

std::optional<Leftovers::Progress> Leftovers::progress() const {
  if (!uplink_) return std::nullopt;
  return Progress{log_, uplink_->bytes_left()};
}

}  // namespace vela::uplink
