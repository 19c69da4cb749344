#pragma once

#include <string_view>

namespace docteur::cache_vm {

// Content-Security-Policy of the server's own pages, which may run their own script and nothing else.
inline constexpr std::string_view kOwnPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace docteur::cache_vm
