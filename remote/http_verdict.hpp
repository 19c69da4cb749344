#pragma once
// What the head of a response to one range is worth. Hosted.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "remote/http_head.hpp"
#include "remote/image_version.hpp"

namespace docteur {

struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // bytes
};

struct http_verdict {
  enum class kind {
    good,      // the body is `part` of `version`
    redirect,  // elsewhere, where Location says
    retry,     // another try may help
    refused,   // it will not
    moved_on,  // the file is another than the pinned one
  };
  kind is = kind::refused;
  int status = 0;                             // of the response; 0: there was none
  std::string text;                           // of all but good and redirect: why, printable
  byte_range part;                            // begins where `asked` begins, and is not larger; or the whole file
  image_version version;                      // of good
  std::optional<std::chrono::seconds> pause;  // of retry: what the server asks for
  bool is_unreachable = false;                // of retry: there was no connection
};

// `asked`: what Range named; the answer may be shorter. `pin`: the version that is being read, nullopt before the first
// answer, from which the version is taken: a strong ETag, else Last-Modified. A part is believed only if status,
// Content-Range, Content-Length and coding agree, and the version is the pinned one. `now`: for dates in Retry-After.
// `may_be_whole`: so is the whole file with status 200, which a server may send instead (RFC 9110, section 14.2).
[[nodiscard]] http_verdict judge(const http_head& head, byte_range asked, const std::optional<image_version>& pin,
                                 std::time_t now, bool may_be_whole = false);

// The same for the head of an answer with status 206 and several parts of `asked`, each of which names its place.
[[nodiscard]] http_verdict judge_parts(const http_head& head, byte_range asked, const image_version& pin);

// "status 404: there is no such file"
[[nodiscard]] std::string status_text(int status);
[[nodiscard]] bool is_worth_another_try(int status);
[[nodiscard]] bool is_redirect(int status);

}  // namespace docteur
