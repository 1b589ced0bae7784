#pragma once

#include <span>

#include "core/config/option_table.hpp"

// The rows of each command, in the order of --help; option_table.hpp says how to ask for them.
namespace vela::config {

[[nodiscard]] std::span<const OptionRow> serve_rows();
[[nodiscard]] std::span<const OptionRow> run_step_rows();
[[nodiscard]] std::span<const OptionRow> tail_rows();

}  // namespace vela::config
