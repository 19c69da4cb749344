// Property: whatever the files _headers and _redirects of an image contain, and whatever path is asked for, the rules
// are bounded, are the same when they are read again, and never give a response a broken head, a field that only the
// server sends, or another host than the file names.
#include <string>

#include "fuzz/property.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/request_path.hpp"
#include "unikernel-example/application/version_rules.hpp"

namespace {

using namespace docteur;
using namespace docteur::cache_vm;

constexpr std::string_view kFraming[] = {"content-length", "transfer-encoding", "connection", "date", "etag",
                                         "trailer"};

void check(const field_set& set) {
  for (const field_set::field& f : set.fields()) {
    PROPERTY(is_token(f.name) && is_text(f.text()));
    PROPERTY(!has_name(kFraming, f.name));
  }
  PROPERTY(is_text(set.content_type()));
  for (const std::string_view name : kFraming) PROPERTY(!set.replaces(name, 200));
  PROPERTY(!set.replaces("Vary", 200) && !set.replaces("Content-Type", 200));
}

void check(const redirect& r, std::string_view text) {
  for (const char c : r.to) PROPERTY(c > 0x20 && c < 0x7f);
  if (r.is_path) {
    PROPERTY(r.to.starts_with('/') && !r.to.starts_with("//") && !r.to.starts_with("/\\"));
    return;
  }
  PROPERTY(r.is_location());
  // The host stands in the file.
  const std::size_t host = r.to.find("//") + 2;
  const std::size_t end = std::min(r.to.find_first_of("/?#", host), r.to.size());
  PROPERTY(text.find(r.to.substr(0, end)) != std::string_view::npos);
}

struct asked {
  std::string_view host, path, query;
};

void ask(const header_rules& headers, const redirect_rules& redirects, std::string_view text, const asked& a) {
  field_set set;
  headers.apply(a.host, a.path, set);
  check(set);
  for (const bool forced : {false, true}) {
    const auto found = redirects.find(a.host, a.path, a.query, forced);
    if (!found) continue;
    check(*found, text);
    const auto again = redirects.find(a.host, a.path, a.query, forced);
    PROPERTY(again && again->to == found->to && again->status == found->status);
  }
}

}  // namespace

// A line "=TARGET" is a request, all others are the files' text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view text = as_text(fuzz_input(data, size));
  header_rules headers;
  redirect_rules redirects;
  rule_faults faults;
  headers.parse(text, faults);
  redirects.parse(text, faults);
  PROPERTY(headers.size() <= rule_limits::kPatterns && redirects.size() <= rule_limits::kRedirects);
  PROPERTY(faults.kept().size() <= rule_limits::kFaults && faults.kept().size() <= faults.count());
  for (const std::string& line : fault_lines(faults)) PROPERTY(is_text(line));
  ask(headers, redirects, text, {"a", "", ""});
  std::string_view rest = text;
  for (int i = 0; i < 8 && !rest.empty();) {
    const std::string_view line = take_until(rest, '\n');
    if (!line.starts_with('=') || !is_all(line.substr(1), char_class::target)) continue;
    ++i;
    if (const auto path = parse_target(line.substr(1)))
      ask(headers, redirects, text, {"www.example.org", path->path, path->query});
  }
  return 0;
}
