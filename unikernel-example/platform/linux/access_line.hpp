#pragma once
// A request as one line of an access log. What a client sent cannot end a line, or a quoted part of one. Hosted.

#include <cstdint>
#include <string>
#include <string_view>

#include "unikernel-example/platform/request_log.hpp"

namespace docteur::cache_vm::on_linux {

// common, combined: those of Apache and nginx, with nginx's escapes. json: an object.
enum class line_format { common, combined, json };

// A second as logs write it, in the local time zone.
struct log_time {
  std::string common;  // "28/Nov/2026:22:08:56 +0000"
  std::string iso;     // "2026-11-28T22:08:56+00:00" (RFC 3339)
};
[[nodiscard]] log_time make_log_time(std::int64_t seconds);

// Appends the line and '\n'. Throws std::bad_alloc.
void append_line(line_format format, const served_request& r, const log_time& when, std::string& out);

}  // namespace docteur::cache_vm::on_linux
