#pragma once

#include <string>

#include "bench/methods/figures.hpp"

namespace vela::bench {

// One line about a case, for the terminal.
[[nodiscard]] std::string summarize(const Figures& figures);

// `text` with what stands in it as <!-- table: NAME --> replaced by that table of the results, as
// Markdown. Names: notes, 1, 10, 100, 1000 … (steps), all-followed, chatty, agreement, aims,
// failures, chatty-compared, steps-compared. Errors: invalid (another name).
[[nodiscard]] Result<std::string> fill_in(const std::string& text, const Results& results);

// For gnuplot, a line a size or method: server CPU by number of steps, delays by method.
[[nodiscard]] std::string cpu_plot_data(const Results& results);
[[nodiscard]] std::string delay_plot_data(const Results& results);

}  // namespace vela::bench
