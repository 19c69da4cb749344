#include "unikernel-example/application/redirect_rules.hpp"

#include <algorithm>
#include <array>

#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/request_path.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::array<int, 5> kRedirects{301, 302, 303, 307, 308};
constexpr std::array<int, 3> kPages{200, 404, 410};
constexpr std::size_t kMostParameters = 8;  // of a rule
constexpr std::size_t kMostSplit = 64;      // parameters of a request that are compared

[[nodiscard]] bool has_scheme(std::string_view text) noexcept {
  return text.starts_with("https://") || text.starts_with("http://");
}

// The next word of a line; "" at its end.
[[nodiscard]] std::string_view take_word(std::string_view& line) noexcept {
  line = trim(line);
  const std::size_t n = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, n);
  line.remove_prefix(n);
  return word;
}

// Where the query or the fragment of a URL begins.
[[nodiscard]] std::size_t end_of_path(std::string_view url) noexcept {
  return std::min(url.find_first_of("?#"), url.size());
}

// References to placeholders come behind the host of a URL: what a request contains must not choose another host.
[[nodiscard]] const char* check_destination(std::string_view to) {
  if (!is_all(to, char_class::text)) return "control characters in a destination";
  if (!has_scheme(to)) {
    if (!to.starts_with('/')) return "a destination begins with /, http:// or https://";
    if (to.starts_with("//") || to.starts_with("/\\")) return "a destination on another host needs http:// or https://";
    return nullptr;
  }
  const auto absolute = parse_absolute(to.substr(0, end_of_path(to)));
  if (!absolute) return "malformed destination";
  return absolute->server.host.find_first_of(":*") == std::string_view::npos || absolute->server.host[0] == '['
             ? nullptr
             : "placeholders in a host are not supported";
}

}  // namespace

const char* redirect_rules::parse_status(std::string_view text, rule& out) {
  if (text.ends_with('!')) {
    out.forced = true;
    text.remove_suffix(1);
  }
  const auto status = parse_number(text);
  const auto is_it = [&status](int known) { return status == static_cast<std::uint64_t>(known); };
  if (!status || (std::ranges::none_of(kRedirects, is_it) && std::ranges::none_of(kPages, is_it)))
    return "the status is none of 200, 301, 302, 303, 307, 308, 404, 410";
  out.status = static_cast<int>(*status);
  return nullptr;
}

const char* redirect_rules::parse_parameter(std::string_view text, rule& out) {
  parameter p;
  const std::string_view name = take_until(text, '=');
  p.captures = reference_size(text) > 0;
  if (p.captures && reference_size(text) < text.size()) return "text behind a placeholder of the query";
  if (!decode_percent(name, p.name) || !decode_percent(p.captures ? text.substr(1) : text, p.value))
    return "malformed percent-encoding";
  if (out.parameters.size() == kMostParameters) return "more than 8 parameters of the query";
  out.parameters.push_back(std::move(p));
  return nullptr;
}

const char* redirect_rules::parse_line(std::string_view line, rule& out) {
  if (const char* why = out.from.parse(take_word(line))) return why;
  std::string_view to = take_word(line);
  for (; !to.empty() && to[0] != '/' && !has_scheme(to) && to.find('=') != std::string_view::npos; to = take_word(line))
    if (const char* why = parse_parameter(to, out)) return why;
  if (to.empty()) return "no destination";
  if (const char* why = check_destination(to)) return why;
  out.to = to;
  if (const std::string_view status = take_word(line); !status.empty() && status[0] != '#') {
    if (status.find('=') != std::string_view::npos) return "conditions behind the destination are not supported";
    if (const char* why = parse_status(status, out)) return why;
    const std::string_view more = take_word(line);
    if (more.find('=') != std::string_view::npos) return "conditions behind the status are not supported";
    if (!more.empty() && more[0] != '#') return "more than a path, a destination and a status";
  }
  if (std::ranges::find(kPages, out.status) == kPages.end()) return nullptr;
  if (has_scheme(out.to)) return "content of other servers is not sent: 200, 404 and 410 need a path";
  return nullptr;
}

void redirect_rules::parse(std::string_view text, rule_faults& faults) {
  rule_lines lines(text);
  for (std::string_view raw; lines.next(raw);) {
    const std::string_view content = trim(raw);
    if (content.empty() || content[0] == '#') continue;
    if (raw.size() > rule_limits::kLineBytes) {
      faults.add(kFile, lines.number(), "a line of more than 2000 bytes");
      continue;
    }
    if (rules_.size() == rule_limits::kRedirects) {
      faults.add(kFile, lines.number(), "more than 4096 rules; what follows has no effect");
      break;
    }
    rule r;
    if (const char* why = parse_line(content, r)) {
      faults.add(kFile, lines.number(), why);
      continue;
    }
    if (!r.from.is_literal() && patterns_.size() == rule_limits::kRedirectPatterns) {
      faults.add(kFile, lines.number(), "more than 1024 rules with placeholders or *");
      continue;
    }
    has_forced_ = has_forced_ || r.forced;
    memory_ += sizeof(rule) + 2 * content.size();
    (r.from.is_literal() ? literal_ : patterns_).push_back(static_cast<std::uint32_t>(rules_.size()));
    rules_.push_back(std::move(r));
  }
  std::ranges::stable_sort(literal_, {},
                           [this](std::uint32_t i) -> std::string_view { return rules_[i].from.literal(); });
}

class redirect_rules::asked {
 public:
  asked(std::string_view of_host, std::string_view of_path, std::string_view of_query)
      : host(of_host), path(of_path), query(of_query) {}

  [[nodiscard]] bool matches(const rule& r, captures& found) {
    if (!r.from.matches(host, path, found)) return false;
    if (!r.parameters.empty() && !is_split_) split();
    return std::ranges::all_of(r.parameters, [&](const parameter& wanted) {
      return std::ranges::any_of(values_, [&](const named_value& v) {
        if (v.name != wanted.name) return false;
        return wanted.captures ? found.add(wanted.value, v.value) : v.value == wanted.value;
      });
    });
  }

  const std::string_view host, path, query;

 private:
  struct named_value {
    std::string name, value;
  };
  void split() {
    is_split_ = true;
    std::string_view rest = query.substr(query.starts_with('?') ? 1 : 0);
    for (std::size_t i = 0; i < kMostSplit && !rest.empty(); ++i) {
      std::string_view value = take_until(rest, '&');
      named_value v;
      if (decode_percent(take_until(value, '='), v.name) && decode_percent(value, v.value))
        values_.push_back(std::move(v));
    }
  }

  bool is_split_ = false;
  std::vector<named_value> values_;  // of the query, decoded
};

std::optional<redirect> redirect_rules::try_rule(const rule& r, asked& request) {
  captures found;
  if (!request.matches(r, found)) return std::nullopt;
  redirect out{r.status, {}, !has_scheme(r.to)};
  if (!expand(r.to, found, rule_limits::kExpanded, out.to)) return std::nullopt;
  out.to = encode_query(out.to);
  // A placeholder that stood for nothing must not make a path a host.
  while (out.is_path && out.to.starts_with("//")) out.to.erase(0, 1);
  const std::size_t end = end_of_path(out.to);
  if (!out.is_location()) {
    out.to.resize(end);
    return out;
  }
  if (out.is_path) {
    const auto leads_to = parse_target(std::string_view(out.to).substr(0, end));
    if (leads_to && leads_to->path == request.path) return std::nullopt;
  }
  // The query goes along unless the rule says another or has taken it apart.
  if (r.parameters.empty() && (end == out.to.size() || out.to[end] == '#'))
    out.to.insert(end, encode_query(request.query));
  return out;
}

std::optional<redirect> redirect_rules::find(std::string_view host, std::string_view path, std::string_view query,
                                             bool forced) const {
  const auto by_path = [this](std::uint32_t i) -> std::string_view { return rules_[i].from.literal(); };
  asked request(host, path, query);
  auto literal = std::ranges::lower_bound(literal_, path, {}, by_path);
  auto pattern = patterns_.begin();
  // Both lists at once, in the order of the rules.
  for (;;) {
    const bool has_literal = literal != literal_.end() && by_path(*literal) == path;
    if (!has_literal && pattern == patterns_.end()) return std::nullopt;
    const bool is_literal = has_literal && (pattern == patterns_.end() || *literal < *pattern);
    const rule& r = rules_[is_literal ? *literal++ : *pattern++];
    if (forced && !r.forced) continue;
    if (auto found = try_rule(r, request)) return found;
  }
}

}  // namespace docteur::cache_vm
