#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "cmd/run_step.hpp"
#include "cmd/serve.hpp"
#include "cmd/tail.hpp"
#include "core/config/reload.hpp"

namespace {

constexpr int kUsageError = 2;

struct RunCommand {
  const vela::config::Source& source;

  int operator()(const vela::config::ServeOptions& options) const {
    return vela::cmd::serve(options, source);
  }
  int operator()(const vela::config::RunStepOptions& options) const {
    return vela::cmd::run_step(options);
  }
  int operator()(const vela::config::TailOptions& options) const {
    return vela::cmd::tail(options);
  }
  int operator()(const vela::config::Talk& talk) const {
    std::fputs(talk.text.c_str(), stdout);
    return EXIT_SUCCESS;
  }
};

const char* find_env(const char* name) { return std::getenv(name); }

}  // namespace

int main(int argc, char** argv) {
  try {
    const vela::config::Source source{{argv + 1, argv + argc}, &find_env};
    const auto command =
        vela::config::parse_command_line(source.arguments, source.find_env, ::environ);
    if (!command) {
      std::fprintf(stderr, "vela-logs: %s\n", command.error().text().c_str());
      return kUsageError;
    }
    return std::visit(RunCommand{source}, *command);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vela-logs: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
