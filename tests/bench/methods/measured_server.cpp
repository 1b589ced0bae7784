#include "bench/methods/measured_server.hpp"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "bench/base64.hpp"
#include "bench/methods/stop.hpp"
#include "bench/methods/unix_http.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""ms;

// Idle is less CPU than this in kIdleTime: the heartbeat of a follower, no sweep.
constexpr double kIdleCpuSeconds = 0.002;
constexpr auto kIdleTime = 500ms;
constexpr int kMostIdleWaits = 40;

std::vector<std::string> command(const Setting& setting, const Case& what, const std::string& store,
                                 const std::string& socket) {
  if (what.is_yardstick()) return {setting.stand_in, "--store", store, "--socket", socket};
  return {setting.vela_logs, "serve",          "--listen", "127.0.0.1:0",
          "--listen",        "unix:" + socket, "--store",  store};
}

// Reads where it listens; throws when it does not start.
std::string read_url(const Process& server) {
  const std::string line = read_line(server.out());
  if (!line.starts_with("listening on http://") || read_line(server.out()).empty())
    throw std::runtime_error("the server does not start");
  return line.substr(line.rfind(' ') + 1);
}

void end(Process& server) {
  server.signal(SIGTERM);
  if (server.wait() != 0) throw std::runtime_error("the server failed");
}

// Makes the store: its size without a log.
double make_empty_store(const std::vector<std::string>& command, const std::string& store,
                        int errors) {
  Process server(command, true, errors);
  static_cast<void>(read_url(server));
  end(server);
  return static_cast<double>(std::filesystem::file_size(store));
}

}  // namespace

std::string whole_log_path(int step) {
  return std::string(kBuildPath) + "/steps/" + std::to_string(step) + "/logs";
}

MeasuredServer::MeasuredServer(const Setting& setting, const Case& what)
    : store_(setting.directory + "/store.db"),
      socket_(setting.directory + "/s"),
      empty_store_bytes_(
          make_empty_store(command(setting, what, store_, socket_), store_, setting.errors)),
      process_(command(setting, what, store_, socket_), true, setting.errors),
      url_(read_url(process_)),
      port_(static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)))) {}

std::string MeasuredServer::ask(const std::string& method, const std::string& path) const {
  return request_by_socket(socket_, method, path);
}

double MeasuredServer::log_bytes(const Case& what) const {
  double bytes = 0;
  if (what.is_yardstick()) {
    for (int step = 1; step <= what.steps; ++step) {
      const boost::json::value log = boost::json::parse(ask("GET", whole_log_path(step)));
      const auto data = from_base64(log.at("data").as_string());
      if (!data) throw std::runtime_error("a log is no base64");
      bytes += static_cast<double>(data->size());
    }
    return bytes;
  }
  const std::string text = ask("GET", std::string(kBuildPath) + "/steps");
  const boost::json::value list = boost::json::parse(text);
  int sealed = 0;
  for (const boost::json::value& log : list.as_array()) {
    bytes += log.at("size").to_number<double>();
    if (log.at("state").as_string() == "sealed") ++sealed;
  }
  if (sealed != what.steps)
    throw std::runtime_error(std::to_string(sealed) + " of " + std::to_string(what.steps) +
                             " logs are sealed");
  return bytes;
}

void MeasuredServer::wait_until_idle() const {
  double before = usage_of(pid()).cpu_seconds;
  for (int i = 0; i < kMostIdleWaits; ++i) {
    pause(kIdleTime);
    const double now = usage_of(pid()).cpu_seconds;
    if (now - before < kIdleCpuSeconds) return;
    before = now;
  }
}

double MeasuredServer::stop() {
  end(process_);
  return static_cast<double>(std::filesystem::file_size(store_)) - empty_store_bytes_;
}

}  // namespace vela::bench
