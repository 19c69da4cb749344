#include "remote/http_verdict.hpp"

namespace docteur {
namespace {

using kind = http_verdict::kind;

http_verdict no(kind is, std::string text) {
  http_verdict v;
  v.is = is;
  v.text = std::move(text);
  return v;
}

constexpr const char* kChanged = "the image changed on the server while it was read";

http_verdict moved_on(const image_version& pin) {
  return no(kind::moved_on, pin.digest.empty() ? kChanged : "the server has another file under this digest");
}

}  // namespace

std::string status_text(int status) {
  const std::string text = "status " + std::to_string(status) + ": ";
  switch (status) {
    case 401: return text + "the server asks for a user, or refuses the one given";
    case 403: return text + "the server refuses access";
    case 404: return text + "there is no such file";
    case 407: return text + "the proxy asks for a user";
    case 408: return text + "the server gave up waiting";
    case 410: return text + "the file is gone";
    case 412: return text + kChanged;
    case 416: return text + "there is no such range";
    case 429: return text + "the server asks for fewer requests";
    case 503: return text + "the server is overloaded or being repaired";
    default: break;
  }
  if (status >= 500) return text + "the server failed";
  return text + "not the answer that was expected";
}

bool is_worth_another_try(int status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504: return true;
    default: return status >= 520 && status < 530;  // of a CDN that does not reach the server
  }
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

namespace {

bool is_pinned(const http_head& head, std::uint64_t size, const image_version& pin) {
  if (size != pin.size) return false;
  if (!pin.digest.empty()) return true;  // the address names the content
  return pin.etag.empty() ? head.last_modified == pin.modified : head.etag == pin.etag;
}

http_verdict judge_status(const http_head& head, const std::optional<image_version>& pin, std::time_t now) {
  if (is_redirect(head.status)) return no(kind::redirect, "");
  if (head.status == 200) {
    if (pin && head.content_length &&
        (*head.content_length != std::to_string(pin->size) || !is_pinned(head, pin->size, *pin)))
      return moved_on(*pin);
    return no(kind::refused, "the server sends whole files only (status 200 to a range)");
  }
  if (head.status == 412 && pin) return moved_on(*pin);
  if (head.status == 416) {
    const auto range = head.content_range ? parse_content_range(*head.content_range) : std::nullopt;
    if (pin && range && range->total && *range->total != pin->size) return moved_on(*pin);
    if (!pin && range && range->total == 0u) return no(kind::refused, "the file is empty");
  }
  http_verdict v = no(is_worth_another_try(head.status) ? kind::retry : kind::refused, status_text(head.status));
  if (v.is == kind::retry && head.retry_after) v.pause = parse_retry_after(*head.retry_after, now);
  return v;
}

// The version that the response claims, or why it cannot be pinned.
http_verdict find_version(const http_head& head, std::uint64_t size) {
  http_verdict v;
  v.is = kind::good;
  v.version.size = size;
  if (head.etag && is_strong_etag(*head.etag)) {
    v.version.etag = *head.etag;
  } else if (head.last_modified && is_plain_value(*head.last_modified)) {
    v.version.modified = *head.last_modified;
  } else {
    return no(kind::refused,
              "the server sends neither a strong ETag nor Last-Modified, so a change would go unnoticed");
  }
  return v;
}

// Whether the fields that say what a body is can be believed; else why not.
std::optional<http_verdict> doubt(const http_head& head) {
  if (head.is_ambiguous) return no(kind::refused, "a field of the answer has two values");
  if (head.content_encoding && !head.content_encoding->empty() && *head.content_encoding != "identity")
    return no(kind::refused, "the server codes ranges (Content-Encoding), though asked not to");
  return std::nullopt;
}

// A body that is `part` of a file of `size` bytes.
http_verdict believe(const http_head& head, byte_range part, std::uint64_t size,
                     const std::optional<image_version>& pin) {
  http_verdict v = find_version(head, size);
  if (pin) {
    v = {};
    v.is = kind::good;
    v.version = *pin;
  }
  v.part = part;
  return v;
}

http_verdict judge_whole(const http_head& head, const std::optional<image_version>& pin) {
  if (auto why = doubt(head)) return *why;
  const auto size = head.content_length ? parse_length(*head.content_length) : std::nullopt;
  if (!size) return no(kind::refused, "the server sends whole files only, and does not say how long they are");
  if (*size == 0) return no(kind::refused, "the file is empty");
  if (pin && !is_pinned(head, *size, *pin)) return moved_on(*pin);
  return believe(head, {0, *size}, *size, pin);
}

}  // namespace

http_verdict judge_parts(const http_head& head, byte_range asked, const image_version& pin) {
  if (auto why = doubt(head)) return *why;
  if (pin.digest.empty() && !(pin.etag.empty() ? head.last_modified : head.etag))
    return no(kind::refused, "an answer in parts does not say which version it is of");
  if (!is_pinned(head, pin.size, pin)) return moved_on(pin);
  http_verdict v;
  v.is = kind::good;
  v.version = pin;
  v.part = asked;
  return v;
}

http_verdict judge(const http_head& head, byte_range asked, const std::optional<image_version>& pin, std::time_t now,
                   bool may_be_whole) {
  if (head.status == 200 && may_be_whole) return judge_whole(head, pin);
  if (head.status != 206) return judge_status(head, pin, now);
  if (auto why = doubt(head)) return *why;
  if (!head.content_range) return no(kind::refused, "the answer has no Content-Range (or several ranges)");
  const auto range = parse_content_range(*head.content_range);
  if (!range || range->size == 0 || !range->total)
    return no(kind::refused, "Content-Range of the answer cannot be understood");
  if (pin && !is_pinned(head, *range->total, *pin)) return moved_on(*pin);
  if (range->first != asked.offset || range->size > asked.size)
    return no(kind::refused, "the answer has another range than the one asked for");
  if (head.content_length && *head.content_length != std::to_string(range->size))
    return no(kind::refused, "Content-Length and Content-Range of the answer disagree");
  return believe(head, {range->first, range->size}, *range->total, pin);
}

}  // namespace docteur
