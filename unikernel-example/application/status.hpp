#pragma once
// The server's status as JSON, as metrics, and as a page.

#include <cstddef>
#include <string>
#include <string_view>

namespace docteur::cache_vm {

class cache_machine;

// `loop`: the one on whose thread they are called.
[[nodiscard]] std::string status_json(cache_machine& machine, std::size_t loop);   // "/.docteur/status"
[[nodiscard]] std::string metrics_text(cache_machine& machine, std::size_t loop);  // "/.docteur/metrics"
[[nodiscard]] std::string_view status_page() noexcept;                             // "/.docteur/"

}  // namespace docteur::cache_vm
