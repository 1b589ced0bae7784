// Over TLS, as it is ended by a proxy before the server.
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/real_proxy.hpp"
#include "fault/run_plan.hpp"

using namespace vela::test;
using namespace vela::fault;

namespace {

constexpr std::string_view kName = "caddy";

// Caddy with a certificate authority of its own, whose certificate comes to lie in `data`.
ProxyKind make_kind(const std::string& data) {
  for (ProxyKind kind : proxy_kinds()) {
    if (kind.name != kName) continue;
    kind.written.settings =
        "skip_install_trust\n  auto_https disable_redirects\n  storage file_system " + data;
    kind.own_address_here = "https://127.0.0.1:@PORT@ {\n  tls internal";
    return kind;
  }
  return {};
}

Program start(std::vector<std::string> arguments, const std::string& authority) {
  ProgramSetup setup(std::move(arguments));
  setup.environment = {{"CURL_CA_BUNDLE", authority}};
  return Program(std::move(setup));
}

}  // namespace

TEST_CASE(
    "each method and its reader go over TLS to a server whose authority CURL_CA_BUNDLE names") {
  const TempDir data;
  const ProxyKind kind = make_kind(data.path());
  if (!find_binary(kind)) {
    std::printf("SKIP %s: not installed, and scripts/proxies.sh has not unpacked it\n",
                kind.name.c_str());
    return;
  }
  const Server server;
  const RealProxy proxy(kind, kind.written, server.port());
  const std::string url = "https://127.0.0.1:" + std::to_string(proxy.port());
  const std::string authority = data / "pki/authorities/local/root.crt";
  REQUIRE(eventually([&] { return !read_file(authority).empty(); }));

  int number = 0;
  for (const std::string& method : methods()) {
    CAPTURE(method);
    const std::string log = "octocat/hello/42/steps/" + std::to_string(++number);
    Program tail = start({"tail", "--raw", "--server", url, log}, authority);
    Program step = start({"run-step", "--server", url, "--log", log, "--method", method, "-v", "--",
                          "sh", "-c", "seq 1 50000; sleep 1; seq 1 50000"},
                         authority);
    const Finished stepped = step.wait();
    CAPTURE(stepped.err);
    CHECK(stepped.code == 0);
    CHECK((method == "websocket") ==
          (stepped.err.find("output goes down a WebSocket") != std::string::npos));
    const Finished shown = tail.wait();
    CHECK(shown.code == 0);
    CHECK(shown.out == stepped.out);
  }

  const Finished refused =
      run({"tail", "--no-follow", "--server", url, "octocat/hello/42/steps/1"});
  CHECK(refused.code == 1);
  CHECK(refused.out.empty());
  CHECK(refused.err.find("certificate") != std::string::npos);
}
