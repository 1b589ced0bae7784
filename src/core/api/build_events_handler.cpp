#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "core/api/event_loop.hpp"
#include "core/api/follow_request.hpp"
#include "core/api/handlers.hpp"
#include "core/api/log_follower.hpp"
#include "core/api/log_json.hpp"
#include "core/api/write_request.hpp"
#include "core/net/event_stream.hpp"

namespace vela::api {
namespace {

// One reader's place in all logs of a build. New logs join as they are begun.
class BuildFollower final : public EventSource {
 public:
  BuildFollower(hub::LogHub& hub, logs::BuildId build, BuildFollowRequest request)
      : hub_(hub),
        build_(std::move(build)),
        request_(std::move(request)),
        watch_(hub.builds().watch(build_)),
        mark_(watch_) {}

  // Finds the logs that there are and writes the build's hello.
  [[nodiscard]] async::Awaitable<Result<void>> begin(std::string& out) {
    auto joined = co_await join_new(nullptr);
    if (!joined) co_return joined;
    boost::json::array logs;
    for (const LogFollower& follower : followers_) {
      const hub::LiveLog& live = follower.log()->live;
      logs.push_back(hello_data(live, live.resume_point(follower.cursor())));
    }
    boost::json::object hello;
    hello["build"] = build_.to_string();
    hello["logs"] = std::move(logs);
    net::put_event(out, "", "hello", boost::json::serialize(hello));
    co_return joined;
  }

  [[nodiscard]] async::Awaitable<Result<void>> pull(std::string& out) override {
    if (known_begun_ != watch_->begun) {
      auto joined = co_await join_new(&out);
      if (!joined) co_return joined;
    }
    bool is_all_ended = true;
    for (LogFollower& follower : followers_) {
      if (follower.has_news()) {
        auto pulled = co_await follower.pull(out);
        if (!pulled) co_return pulled;
      }
      is_all_ended = is_all_ended && follower.has_ended();
    }
    if (!is_all_ended) co_return Result<void>();
    auto ended = co_await hub_.builds().has_ended(build_, logs());
    if (!ended) co_return ended.error();
    if (*ended && !has_news()) {
      boost::json::object end;
      end["build"] = build_.to_string();
      net::put_event(out, "", "build-end", boost::json::serialize(end));
      has_ended_ = true;
    }
    co_return Result<void>();
  }

  [[nodiscard]] bool has_news() const override {
    if (known_begun_ != watch_->begun) return true;
    return std::any_of(followers_.begin(), followers_.end(),
                       [](const LogFollower& follower) { return follower.has_news(); });
  }

  [[nodiscard]] bool has_ended() const override { return has_ended_; }
  [[nodiscard]] async::Notifier& changed() override { return watch_->changed; }

  void on_sent() override {
    for (LogFollower& follower : followers_) follower.on_sent();
  }

  void put_heartbeat(std::string& out) override {
    out += kSseHeartbeat;
    for (LogFollower& follower : followers_)
      if (follower.log()->live.is_open()) follower.put_state(out);
  }

 private:
  [[nodiscard]] std::vector<hub::HubLogPtr> logs() const {
    std::vector<hub::HubLogPtr> logs;
    for (const LogFollower& follower : followers_) logs.push_back(follower.log());
    return logs;
  }

  // Every log that was begun and is not followed yet; `out` gets a hello for each when it is set.
  [[nodiscard]] async::Awaitable<Result<void>> join_new(std::string* out) {
    const std::uint64_t begun = watch_->begun;
    const auto opened = co_await hub_.open_build(build_);
    if (!opened) co_return opened.error();
    known_begun_ = begun;
    for (const hub::HubLogPtr& log : *opened) {
      const logs::LogId id = log->live.record().id;
      if (ids_.contains(id)) continue;
      LogFollower& follower = followers_.emplace_back(hub_, log, make_encoder(id));
      FollowFrom from;
      const auto place = request_.places.find(id);
      if (place != request_.places.end()) from.cursor = place->second.cursor;
      from.last_lines = request_.last_lines;
      const bool has_seen_end = place != request_.places.end() && place->second.has_seen_end;
      ids_[id] = from.cursor ? from.cursor->to_string() : "1-0";
      // The build's hello tells of the logs that are there when it is written.
      std::string hello;
      auto placed = co_await follower.begin(hello, std::move(from));
      if (!placed) co_return placed;
      if (out != nullptr) *out += hello;
      ids_[id] = follower.cursor().to_string();
      if (has_seen_end) {
        follower.skip_end();
        ids_[id] += "-end";
      }
    }
    co_return Result<void>();
  }

  [[nodiscard]] std::unique_ptr<EventEncoder> make_encoder(const logs::LogId& id) {
    return make_sse_encoder(id, [this, id](std::string_view own_id) {
      ids_[id] = own_id;
      return joined_ids();
    });
  }

  [[nodiscard]] std::string joined_ids() const {
    std::string joined;
    for (const auto& [id, place] : ids_) {
      if (!joined.empty()) joined.push_back(',');
      joined += id.short_name();
      joined.push_back(':');
      joined += place;
    }
    return joined;
  }

  hub::LogHub& hub_;
  const logs::BuildId build_;
  const BuildFollowRequest request_;
  std::shared_ptr<hub::BuildWatch> watch_;  // shared with the logs of the build
  hub::FollowerMark mark_;
  std::uint64_t known_begun_ = 0;
  std::list<LogFollower> followers_;        // they do not move
  std::map<logs::LogId, std::string> ids_;  // the place in each log, as an id names it
  bool has_ended_ = false;
};

}  // namespace

async::Awaitable<void> build_events(ApiContext& api, net::Exchange& exchange, Target target) {
  auto request = parse_build_follow(exchange.request(), target.query, target.build);
  if (!request) {
    net::Response bad = net::error_response(400, request.error().text());
    static_cast<void>(co_await exchange.respond(std::move(bad)));
    co_return;
  }
  const std::optional<std::chrono::seconds> wait = request->wait;
  BuildFollower follower(api.hub, std::move(target.build), std::move(*request));
  std::string out(kSsePreamble);
  const auto begun = co_await follower.begin(out);
  if (!begun || api.hub.is_draining()) {
    net::Response failed = begun ? draining_response() : store_failure(begun.error());
    static_cast<void>(co_await exchange.respond(std::move(failed)));
    co_return;
  }
  co_await tell_events(api.hub, exchange, follower, kSseContentType, wait, std::move(out));
}

}  // namespace vela::api
