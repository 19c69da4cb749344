// Property: what is accepted of a .gitmodules keeps the promised rules, and a URL in it leads to another machine, is no
// option of a program there, and leads to no host that it does not show.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/property.hpp"
#include "source/location.hpp"
#include "source/selection/gitmodules.hpp"
#include "source/selection/submodule_address.hpp"

namespace {

using namespace docteur;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool leads_up(std::string_view path) { return ("/" + std::string(path) + "/").find("/../") != std::string::npos; }

// Between `scheme://` or the user and the path.
std::string_view host_of(const remote_address& a) {
  std::string_view head = std::string_view(a.url).substr(0, a.path_at);
  if (const std::size_t scheme = head.find("://"); scheme != std::string_view::npos) head.remove_prefix(scheme + 3);
  return head.substr(head.rfind('@') + 1);
}

void check_address(const remote_address& superproject, std::string_view url) {
  const auto a = submodule_address(superproject, url);
  if (!a) {
    PROPERTY(a.error().who == blame::input);
    PROPERTY(!has_control(a.error().message));
    return;
  }
  PROPERTY(!a->url.empty() && a->url.front() != '-');
  PROPERTY(!has_control(a->url) && !has_control(a->user) && (!a->password || !has_control(*a->password)));
  PROPERTY(a->path_at > 0 && a->path_at <= a->url.size());
  PROPERTY(!host_of(*a).empty() && host_of(*a).front() != '-');
  const bool is_relative = url.starts_with("./") || url.starts_with("../");
  PROPERTY(!is_relative || host_of(*a) == host_of(superproject));
  PROPERTY(!is_relative || a->by == superproject.by);
  // The superproject's user and password go nowhere else.
  PROPERTY(is_relative || !a->password || url.find('@') != std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const location kWeb = *parse_location("https://user:word@host.example/group/site.git");
  static const location kShell = *parse_location("git@host.example:group/site.git");
  const bytes in = fuzz_input(data, size);
  const auto words = parse_gitmodules(in);
  if (!words) {
    PROPERTY(words.error().who == blame::input && !has_control(words.error().message));
    // Also tried as a URL: few pass the parser above.
    check_address(*kWeb.remote, as_text(in));
    check_address(*kShell.remote, as_text(in));
    return 0;
  }
  for (const submodule_words& s : *words) {
    PROPERTY(!s.name.empty() && s.name.front() != '-' && !has_control(s.name) && !leads_up(s.name));
    PROPERTY(s.path.empty() || (s.path.front() != '-' && s.path.front() != '/'));
    PROPERTY(!has_control(s.path) && !leads_up(s.path));
    PROPERTY(!has_control(s.url) && !s.url.starts_with('-'));
    if (s.url.empty()) continue;
    check_address(*kWeb.remote, s.url);
    check_address(*kShell.remote, s.url);
  }
  for (std::size_t i = 0; i < words->size(); ++i)
    for (std::size_t j = i + 1; j < words->size(); ++j) PROPERTY((*words)[i].name != (*words)[j].name);
  return 0;
}
