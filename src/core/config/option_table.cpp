#include "core/config/option_table.hpp"

#include <array>

#include "core/base/assert.hpp"
#include "core/config/option_rows.hpp"

namespace vela::config {
namespace {

constexpr std::array kCommands{
    CommandRow{Command::serve, "serve", "[OPTIONS]", "Take logs, keep them and show them",
               "  vela-logs serve\n"
               "  vela-logs serve --listen unix:/run/vela-logs.sock --store /srv/vela-logs.db\n"
               "  vela-logs serve --config /etc/vela-logs/vela-logs.toml --show-config\n"},
    CommandRow{Command::run_step, "run-step", "[OPTIONS] [-- COMMAND [ARG]...]",
               "Run a command and send its output; without one, standard input",
               "  vela-logs run-step --server http://127.0.0.1:8080 \\\n"
               "    --log octocat/hello/42/steps/3 -- make test\n"
               "  make test 2>&1 | vela-logs run-step   # in a Vela step\n"},
    CommandRow{Command::tail, "tail", "[OPTIONS] [LOG]", "Show a log, or all logs of a build, live",
               "  vela-logs tail --server http://127.0.0.1:8080 octocat/hello/42\n"
               "  vela-logs tail -t -n 20 octocat/hello/42/steps/3\n"
               "  vela-logs tail                        # in a Vela step: its build\n"},
};

}  // namespace

std::span<const OptionRow> rows_of(Command command) {
  switch (command) {
    case Command::serve:
      return serve_rows();
    case Command::run_step:
      return run_step_rows();
    case Command::tail:
      break;
  }
  return tail_rows();
}

std::span<const CommandRow> command_table() { return kCommands; }

const CommandRow& row_of(Command command) {
  for (const CommandRow& row : kCommands)
    if (row.command == command) return row;
  VELA_ASSERT(false);
}

}  // namespace vela::config
