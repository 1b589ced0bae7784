#pragma once

#include <functional>
#include <string>

#include "core/base/error.hpp"
#include "core/store/log_store.hpp"

namespace vela::store {

// Hands each log that is not deleted to `visit`, from a store that a server may be working on and
// which is left as it is. Of logs that are being written the length may be an older one.
// Errors: as open_store(), but for conflict; corrupt also for a store of an older schema: the text
// says how to upgrade it.
[[nodiscard]] Result<void> visit_facts(const std::string& url,
                                       const std::function<void(const LogFacts&)>& visit);

}  // namespace vela::store
