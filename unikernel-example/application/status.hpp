#pragma once
// What the server tells of itself.

#include <string>
#include <string_view>

namespace docteur::cache_vm {

class cache_machine;

[[nodiscard]] std::string status_json(cache_machine& machine);   // "/.docteur/status"
[[nodiscard]] std::string metrics_text(cache_machine& machine);  // "/.docteur/metrics"
[[nodiscard]] std::string_view status_page() noexcept;           // "/.docteur/"

}  // namespace docteur::cache_vm
