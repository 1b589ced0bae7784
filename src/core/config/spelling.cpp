#include "core/config/spelling.hpp"

#include <algorithm>
#include <cstddef>

namespace vela::config {
namespace {

constexpr std::size_t kMaxDistance = 2;

// Optimal string alignment distance: edits and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> find_similar(std::string_view word,
                                             const std::vector<std::string_view>& known) {
  std::optional<std::string_view> best;
  std::size_t best_distance = kMaxDistance + 1;
  for (const std::string_view candidate : known) {
    // Far from it by length alone; also keeps a word of any length from costing much.
    if (word.size() > candidate.size() + kMaxDistance) continue;
    const std::size_t found = distance(word, candidate);
    if (found >= best_distance || found * 2 >= candidate.size()) continue;
    best = candidate;
    best_distance = found;
  }
  return best;
}

}  // namespace vela::config
