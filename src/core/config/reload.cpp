#include "core/config/reload.hpp"

#include <utility>
#include <variant>

#include "core/base/assert.hpp"
#include "core/config/option_table.hpp"
#include "core/config/toml_text.hpp"

namespace vela::config {
namespace {

std::string value_of(const Setting& setting) {
  if (setting.values.empty()) return "not set";
  return setting.row->is_secret ? "(hidden)" : toml_value(*setting.row, setting.values);
}

std::string describe(const Setting& before, const Setting& after) {
  const OptionRow& row = *after.row;
  const std::string name(row.key.empty() ? row.flag : row.key);
  if (row.is_reloadable)
    return name + " is " + value_of(after) + " now, it was " + value_of(before);
  return name + " stays " + value_of(before) + ", a restart makes it " + value_of(after);
}

ServeOptions options_of(std::vector<Setting> settings) {
  AllOptions all;
  for (const Setting& setting : settings)
    // Each was judged when it was read.
    if (!setting.values.empty())
      VELA_ASSERT(!setting.row->set(all, *setting.row, setting.values).has_value());
  all.serve.settings = std::move(settings);
  return std::move(all.serve);
}

}  // namespace

Result<Reload> reload(const ServeOptions& running, const Source& source) {
  auto command = parse_command_line(source.arguments, source.find_env);
  if (!command) return command.error();
  auto* fresh = std::get_if<ServeOptions>(&*command);
  // The same words were those of a serve that runs.
  VELA_ASSERT(fresh != nullptr && fresh->settings.size() == running.settings.size());
  Reload reload;
  std::vector<Setting> settings = std::move(fresh->settings);
  for (std::size_t i = 0; i < running.settings.size(); ++i) {
    const Setting& before = running.settings[i];
    Setting& after = settings[i];
    if (before.values == after.values) continue;
    std::string change = describe(before, after);
    if (after.row->is_reloadable) {
      reload.applied.push_back(std::move(change));
    } else {
      reload.refused.push_back(std::move(change));
      after = before;
    }
  }
  reload.options = options_of(std::move(settings));
  return reload;
}

}  // namespace vela::config
