// Property: whatever head a server sends, only a part that lies in what was asked for, of the pinned version, is
// believed; every other verdict has a printable reason; and no redirect takes a password to another host.
#include <charconv>
#include <string>

#include "base/printable.hpp"
#include "fuzz/property.hpp"
#include "remote/http_access.hpp"
#include "remote/http_verdict.hpp"

namespace {

using namespace docteur;

constexpr std::uint64_t kDay = 24 * 60 * 60;  // seconds

// The next part of `text` before `end`, which is taken away.
std::string_view take(std::string_view& text, char end) {
  const auto at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

// A number of at most 2^62: who asks stays within a file of at most 2^63 bytes.
std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n & ((std::uint64_t{1} << 62) - 1);
}

void check_version(const image_version& v) {
  PROPERTY(v.etag.empty() != v.modified.empty());
  PROPERTY(v.etag.empty() ? is_plain_value(v.modified) : is_strong_etag(v.etag));
  const std::string text = version_text(v);
  PROPERTY(printable_line(text) == text);
  PROPERTY(parse_version(text) == v);
}

void check_verdict(const http_verdict& v, byte_range asked, const std::optional<image_version>& pin,
                   bool may_be_whole) {
  using kind = http_verdict::kind;
  PROPERTY(!v.pause || (v.pause->count() >= 0 && static_cast<std::uint64_t>(v.pause->count()) <= kDay));
  if (v.is == kind::redirect) return;
  PROPERTY((v.is == kind::good) == v.text.empty());
  PROPERTY(printable_line(v.text) == v.text);
  if (v.is == kind::moved_on) PROPERTY(pin.has_value());
  if (v.is != kind::good) return;
  check_version(v.version);
  PROPERTY(!pin || v.version == *pin);
  const bool is_whole = v.part.offset == 0 && v.part.size == v.version.size;
  PROPERTY((is_whole && may_be_whole) || (v.part.offset == asked.offset && v.part.size <= asked.size));
  PROPERTY(v.part.size > 0);
  PROPERTY(v.part.offset <= v.version.size && v.part.size <= v.version.size - v.part.offset);
}

void check_fields(const http_head& head) {
  if (const auto range = head.content_range ? parse_content_range(*head.content_range) : std::nullopt) {
    PROPERTY(range->size > 0 || range->total);
    if (range->total) PROPERTY(range->first <= *range->total && range->size <= *range->total - range->first);
  }
  if (head.etag && is_strong_etag(*head.etag)) PROPERTY(!head.etag->starts_with("W/"));
  for (const auto& field : {head.content_range, head.content_length, head.etag, head.last_modified})
    if (field) (void)parse_version(*field);
}

void check_redirect(std::string_view to) {
  const remote_address origin = parse_http_url("https://jane:s3cr3t@example.org/a?key=t0ken").value();
  const auto target = redirected(origin, origin, to);
  if (!target) {
    PROPERTY(!target.error().message.empty());
    return;
  }
  PROPERTY(target->url.starts_with("https://"));
  PROPERTY(is_same_origin(origin, *target) ? target->user == "jane" : target->user.empty() && !target->password);
  PROPERTY(target->url.find("s3cr3t") == std::string::npos || to.find("s3cr3t") != std::string_view::npos);
}

}  // namespace

// Input: "OFFSET SIZE PIN" and a newline: what was asked for; PIN is none, etag (of "a", 1,000 bytes), or a date. Then
// the lines of the head as they come.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = as_text(fuzz_input(data, size));
  std::string_view first = take(text, '\n');
  const byte_range asked{number(take(first, ' ')), number(take(first, ' ')) + 1};
  std::optional<image_version> pin;
  if (first == "etag") pin = image_version{1000, "\"a\"", "", {}};
  if (first != "etag" && first != "none" && is_plain_value(first))
    pin = image_version{1000, "", std::string(first), {}};

  http_head head;
  std::size_t taken = 0;
  while (!text.empty()) {
    const std::size_t before = text.size();
    const std::string_view line = take(text, '\n');
    taken += before - text.size();
    if (!head.add(line)) {
      PROPERTY(taken > (64 << 10));
      return 0;
    }
    if (line.starts_with("Location: ")) check_redirect(line.substr(10));
  }
  check_fields(head);
  for (const bool may_be_whole : {false, true})
    check_verdict(judge(head, asked, pin, 1'795'000'000, may_be_whole), asked, pin, may_be_whole);
  return 0;
}
