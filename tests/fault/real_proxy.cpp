#include "fault/real_proxy.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/loopback.hpp"
#include "support/server.hpp"

namespace vela::fault {
namespace {

namespace fs = std::filesystem;

std::string unpacked_root() { return std::string(VELA_FAULT_PROXIES) + "/root"; }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// One that nobody listens on; proxies can't be given port 0 and asked.
int free_port() { return test::listen_on_loopback().port; }

bool listens(int port) { return test::connect_to_loopback(port).is_open(); }

// What the unpacked programs link with and this machine has not.
std::string library_path() {
  std::string path;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(unpacked_root() + "/usr/lib", none))
    if (entry.path().filename().string().ends_with("-linux-gnu"))
      path += (path.empty() ? "" : ":") + entry.path().string();
  return path;
}

// The first block of docs/operations.md that is marked as of `language`.
std::optional<std::string> find_documented(const std::string& language) {
  const std::string page = test::read_file(std::string(VELA_SOURCE_DIR) + "/docs/operations.md");
  const std::string begin = "```" + language + "\n";
  const std::size_t at = page.find(begin);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t from = at + begin.size();
  return page.substr(from, page.find("```", from) - from);
}

}  // namespace

std::string_view name_of(ProxySetup setup) {
  switch (setup) {
    case ProxySetup::written:
      return "as written";
    case ProxySetup::hasty:
      return "limits of 2 s";
    case ProxySetup::documented:
      return "as documented";
  }
  return {};
}

std::optional<std::string> find_binary(const ProxyKind& kind) {
  std::istringstream dirs(unpacked_root() + "/usr/sbin:" + unpacked_root() +
                          "/usr/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin");
  std::string dir;
  while (std::getline(dirs, dir, ':'))
    if (::access((dir + "/" + kind.binary).c_str(), X_OK) == 0) return dir + "/" + kind.binary;
  return std::nullopt;
}

std::optional<ProxySite> find_site(const ProxyKind& kind, ProxySetup setup) {
  if (setup == ProxySetup::written) return kind.written;
  if (setup == ProxySetup::hasty) return kind.hasty;
  auto text = find_documented(kind.name);
  if (!text) return std::nullopt;
  ProxySite site;
  site.text = std::move(*text);
  return site;
}

RealProxy::RealProxy(const ProxyKind& kind, const ProxySite& site, int server_port)
    : port_(free_port()) {
  // The configuration and what proxies make beside it; some of them run as nobody.
  if (::chmod(dir_.path().c_str(), 0777) != 0) throw std::runtime_error("chmod failed");
  std::string text = site.text;
  replace_all(text, "8080", std::to_string(server_port));
  replace_all(text, kind.own_address, kind.own_address_here);
  std::string config = kind.frame;
  replace_all(config, "@SITE@", text);
  replace_all(config, "@SETTINGS@", site.settings);

  const std::string binary = find_binary(kind).value_or(kind.binary);
  const bool is_unpacked = binary.starts_with(unpacked_root());
  std::string line = kind.command_line + site.words;
  for (std::string* part : {&config, &line}) {
    replace_all(*part, "@DIR@", dir_.path());
    replace_all(*part, "@ROOT@", is_unpacked ? unpacked_root() : "");
    replace_all(*part, "@PORT@", std::to_string(port_));
  }
  replace_all(line, "@CONFIG@", dir_.write("config", config));

  test::ProgramSetup setup;
  setup.program = binary;
  std::istringstream words(line);
  for (std::string word; words >> word;) setup.arguments.push_back(word);
  setup.environment = {{"HOME", dir_.path()}, {"XDG_DATA_HOME", dir_.path()}};
  if (is_unpacked) setup.environment.emplace_back("LD_LIBRARY_PATH", library_path());
  program_.emplace(std::move(setup));
  if (!test::eventually([this] { return program_->has_ended() || listens(port_); }) ||
      program_->has_ended()) {
    program_->signal(SIGKILL);
    throw std::runtime_error(kind.name + " did not start: " + program_->wait().err);
  }
}

RealProxy::~RealProxy() {
  program_->signal(SIGTERM);
  static_cast<void>(test::eventually([this] { return program_->has_ended(); }));
}

}  // namespace vela::fault
