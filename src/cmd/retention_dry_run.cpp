#include "cmd/retention_dry_run.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "cmd/retention_settings.hpp"
#include "core/base/clock.hpp"
#include "core/base/logging.hpp"
#include "core/base/quantity.hpp"
#include "core/store/facts.hpp"

namespace vela::cmd {
namespace {

std::string to_text(base::WallTime time) {
  const std::time_t seconds = static_cast<std::time_t>(base::to_unix_micros(time) / 1'000'000);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
    return "-";
  return text.data();
}

}  // namespace

int print_retention(const config::ServeOptions& options) {
  const hub::RetentionSettings settings = retention_of(options);
  hub::RetentionPlan plan(settings, base::wall_now());
  const auto visited =
      store::visit_facts(options.store, [&plan](const store::LogFacts& log) { plan.add(log); });
  if (!visited) {
    spdlog::error("{}", visited.error().text());
    return EXIT_FAILURE;
  }
  std::uint64_t bytes = 0;
  const auto retired = plan.finish();
  for (const hub::RetiredLog& log : retired) {
    bytes += log.bytes;
    std::printf("%s\t%llu\t%s\t%s\n", log.id.to_string().c_str(),
                static_cast<unsigned long long>(log.bytes), to_text(log.last_output).c_str(),
                std::string(hub::to_string(log.reason)).c_str());
  }
  std::printf("%zu of %zu logs would go, %s of %s\n", retired.size(), plan.logs(),
              base::format_rough_size(bytes).c_str(),
              base::format_rough_size(plan.bytes()).c_str());
  if (!settings.has_limit())
    std::puts("no limit is set: see retention.max_age, max_bytes and max_builds_per_repo");
  return EXIT_SUCCESS;
}

}  // namespace vela::cmd
