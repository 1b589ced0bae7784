#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/program.hpp"
#include "support/temp_dir.hpp"

namespace vela::fault {

// One way of setting a proxy up. In its texts the server is 127.0.0.1:8080 (port 8080) and the
// proxy's own address is as a person would write it, ProxyKind::own_address.
struct ProxySite {
  std::string text;
  std::string settings;  // of the whole proxy, where those are elsewhere
  std::string words;     // of its command line, each after a space
};

enum class ProxySetup {
  written,     // what a person would write
  hasty,       // the same with time limits of 2 s
  documented,  // from docs/operations.md
};
inline constexpr std::array kProxySetups{ProxySetup::written, ProxySetup::hasty,
                                         ProxySetup::documented};
[[nodiscard]] std::string_view name_of(ProxySetup setup);

// A proxy that people put before a server, and how it is run without root and installation.
struct ProxyKind {
  std::string name;
  std::string binary;
  std::string command_line;      // @CONFIG@, @DIR@, @PORT@
  std::string frame;             // configuration around @SITE@; @SETTINGS@, @DIR@, @ROOT@
  std::string own_address;       // in a site …
  std::string own_address_here;  // … and what stands for it here: @PORT@
  ProxySite written;
  ProxySite hasty;
};

// All kinds.
[[nodiscard]] const std::vector<ProxyKind>& proxy_kinds();
// Where it is: unpacked by scripts/proxies.sh, else in PATH.
[[nodiscard]] std::optional<std::string> find_binary(const ProxyKind& kind);
// Nothing where the documentation has none of this kind.
[[nodiscard]] std::optional<ProxySite> find_site(const ProxyKind& kind, ProxySetup setup);

// A running one on a loopback port before a server on another.
class RealProxy {
 public:
  RealProxy(const ProxyKind& kind, const ProxySite& site, int server_port);
  ~RealProxy();  // asks it to end, so that it ends its own children
  RealProxy(const RealProxy&) = delete;
  RealProxy& operator=(const RealProxy&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  test::TempDir dir_;
  int port_;
  std::optional<test::Program> program_;
};

}  // namespace vela::fault
