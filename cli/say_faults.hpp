#pragma once
// What docteur-verify finds, as lines for people. Hosted.

#include <string>
#include <string_view>

#include "cli/common.hpp"
#include "host/describe.hpp"
#include "verify/verify.hpp"

namespace docteur::cli {

// Says each fault of the image `shown`, which is printable, in a line of its own.
inline void say_faults(std::string_view program, const verify_report& report, const std::string& shown) {
  for (const fault& f : report.faults) say(program, describe({f.code, f.at, f.what.c_str()}, shown).message);
}

}  // namespace docteur::cli
