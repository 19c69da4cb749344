#include "source/selection/gitmodules.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/config_text.hpp"
#include "base/percent.hpp"
#include "base/printable.hpp"
#include "object/path_rules.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

tl::unexpected<failure> refuse(const std::string& why) { return give_up(blame::input, why); }

bool is_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\n' || c == '\r' || c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

outcome<void> check_name(const std::string& what, std::string_view name, std::string_view separators) {
  const std::string shown = what + " " + printable(name) + ": ";
  if (name.empty()) return refuse("the " + what + " of a submodule is empty");
  if (has_control(name)) return refuse(shown + "contains control characters");
  if (name.starts_with('-')) return refuse(shown + "begins with a dash, like an option");
  if (has_parent_part(name, separators)) return refuse(shown + "contains .. and would lead out of its repository");
  return {};
}

outcome<void> check(const submodule_words& s) {
  DOCTEUR_CHECK(check_name("name", s.name, "/\\"));
  if (!s.path.empty()) DOCTEUR_CHECK(check_name("path", s.path, "/"));
  if (s.path.starts_with('/')) return refuse("path " + printable(s.path) + ": is absolute");
  // The URL may contain a password, so the name is shown.
  if (has_control_character(s.url)) return refuse("the URL of " + printable(s.name) + " contains control characters");
  if (s.url.starts_with('-')) return refuse("the URL of " + printable(s.name) + " begins with a dash, like an option");
  return {};
}

// Collects the entries.
class collector {
 public:
  void add(std::string_view key, std::string_view value) {
    const auto parts = key_in("submodule", key);
    if (!parts || (parts->key != "path" && parts->key != "url")) return;
    const std::string_view name = parts->subsection;
    const auto [known, is_new] = positions_.try_emplace(std::string(name), all_.size());
    if (is_new) all_.push_back({std::string(name), "", ""});
    submodule_words& s = all_[known->second];
    std::string& field = parts->key == "path" ? s.path : s.url;
    if (!field.empty() && field != value) twice_ = key;
    field = value;
  }

  outcome<std::vector<submodule_words>> result() {
    for (const submodule_words& s : all_) DOCTEUR_CHECK(check(s));
    if (!twice_.empty()) return refuse(printable(twice_) + ": is given twice, with different values");
    std::unordered_map<std::string_view, std::string_view> urls;
    for (const submodule_words& s : all_) {
      if (s.path.empty()) continue;
      const auto [known, is_new] = urls.try_emplace(s.path, s.url);
      if (!is_new && known->second != s.url) return refuse("path " + printable(s.path) + ": has two URLs");
    }
    return std::move(all_);
  }

 private:
  std::vector<submodule_words> all_;
  std::unordered_map<std::string, std::size_t> positions_;  // in all_, by name
  std::string twice_;
};

}  // namespace

outcome<std::vector<submodule_words>> parse_gitmodules(bytes content) {
  if (content.size() > kMostGitmodules) return refuse("is larger than " + std::to_string(kMostGitmodules) + " bytes");
  const std::string_view text = as_text(content);
  if (!is_text(text)) return refuse("contains control characters");
  DOCTEUR_TRY(entries, parse_config(text));
  collector all;
  for (const config_entry& e : entries) all.add(e.name, e.value.value_or(""));
  return all.result();
}

}  // namespace docteur
