#include "unikernel-example/application/header_rules.hpp"

#include <algorithm>
#include <array>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

// The server alone knows their values: they say where a response ends, or what a client may rely on.
constexpr std::array<std::string_view, 22> kOfTheServer{"accept-ranges",
                                                        "age",
                                                        "allow",
                                                        "connection",
                                                        "content-encoding",
                                                        "content-length",
                                                        "content-range",
                                                        "date",
                                                        "etag",
                                                        "keep-alive",
                                                        "last-modified",
                                                        "location",
                                                        "proxy-authenticate",
                                                        "server",
                                                        "te",
                                                        "proxy-connection",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "via",
                                                        "http2-settings",
                                                        "proxy-authorization"};
// A rule may add to them, or replace them, but a response without them would be wrong.
constexpr std::array<std::string_view, 2> kNeeded{"content-type", "vary"};

[[nodiscard]] bool begins_a_path(std::string_view line) noexcept {
  return line.starts_with('/') || line.starts_with("https://") || line.starts_with("http://");
}

}  // namespace

const char* header_rules::parse_line(std::string_view text, line& out) {
  if (text.starts_with('!')) {
    const std::string_view name = trim(text.substr(1));
    if (!is_token(name)) return "behind ! stands the name of a field";
    if (has_name(kOfTheServer, name) || has_name(kNeeded, name)) return "this field cannot be removed";
    out.name = name;
    out.removes = true;
    return nullptr;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return "neither a path nor a field";
  const std::string_view name = trim(text.substr(0, colon));
  const std::string_view value = trim(text.substr(colon + 1));
  if (!is_token(name)) return "no name of a field";
  if (has_name(kOfTheServer, name)) return "only the server itself sends this field";
  if (value.empty()) return "a field without a value";
  if (!is_text(value)) return "control characters in a value";
  out.name = name;
  out.value = value;
  for (std::size_t i = 0; i < value.size(); ++i)
    if (reference_size(value.substr(i)) > 0) out.has_references = true;
  return nullptr;
}

void header_rules::parse(std::string_view text, rule_faults& faults) {
  rule_lines lines(text);
  std::size_t fields = 0;
  std::size_t all_fields = 0;
  enum { none, good, wrong } path = none;
  for (std::string_view raw; lines.next(raw);) {
    const auto is_wrong = [&](const char* why) { faults.add(kFile, lines.number(), why); };
    const std::string_view content = trim(raw);
    if (content.empty() || content[0] == '#') continue;
    if (raw.size() > rule_limits::kLineBytes) {
      if (begins_a_path(content)) path = wrong;
      is_wrong("a line of more than 2000 bytes");
      continue;
    }
    if (begins_a_path(content)) {
      path = wrong;
      fields = 0;
      if (rules_.size() == rule_limits::kPatterns) {
        is_wrong("more than 512 paths; what follows has no effect");
        return;
      }
      rule r;
      if (const char* why = r.where.parse(content)) {
        is_wrong(why);
        continue;
      }
      path = good;
      rules_.push_back(std::move(r));
      memory_ += sizeof(rule) + 2 * content.size();
      continue;
    }
    line l;
    if (path == none) {
      is_wrong("a field before the first path");
    } else if (const char* why = parse_line(content, l)) {
      is_wrong(why);
    } else if (path == good && fields == rule_limits::kFields) {
      is_wrong("more than 64 fields of a path");
    } else if (all_fields == rule_limits::kAllFields) {
      is_wrong("more than 2048 fields; what follows has no effect");
      return;
    } else if (path == good) {
      ++fields;
      ++all_fields;
      memory_ += sizeof(line) + content.size();
      rules_.back().lines.push_back(std::move(l));
    }
  }
}

void header_rules::apply(std::string_view host, std::string_view path, field_set& out) const {
  out.clear();
  std::size_t room = rule_limits::kExpanded;
  for (const rule& r : rules_) {
    captures found;
    if (!r.where.matches(host, path, found)) continue;
    // What a rule removes, it removes from those before it.
    for (const line& l : r.lines)
      if (l.removes) out.remove(l.name);
    for (const line& l : r.lines) {
      if (l.removes) continue;
      std::string made;
      if (!l.has_references || found.size() == 0) {
        out.add(l.name, l.value);
      } else if (expand(l.value, found, room, made)) {
        room -= made.size();
        out.add_made(l.name, std::move(made));
      }
    }
  }
}

}  // namespace docteur::cache_vm
