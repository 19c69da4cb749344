// What is demanded of names, paths and URLs is submodule-config.c's and fsck.c's.

#include "base/config_text.hpp"
#include "object/path_rules.hpp"
#include "verify/fsck_messages.hpp"

namespace docteur {
namespace {

constexpr const char* kParse = "gitmodulesParse";

bool is_slash(char c) { return c == '/' || c == '\\'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Whether a relative URL such as "../../:x" or "..//x" leaves the path of the URL that it is relative to.
bool climbs_into_host(std::string_view url) {
  bool climbed = false;
  for (;;) {
    const std::size_t dots = url.starts_with("..") ? 2 : url.starts_with('.') ? 1 : 0;
    if (dots == 0 || url.size() <= dots || !is_slash(url[dots])) break;
    climbed |= dots == 2;
    url.remove_prefix(dots + 1);
  }
  return climbed && !url.empty() && (url.front() == ':' || is_slash(url.front()));
}

bool has_host(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return false;
  url.remove_prefix(scheme + 3);
  const std::string_view place = url.substr(0, url.find_first_of("/?#"));
  return !place.ends_with('@') && !place.empty();
}

bool is_bad_url(std::string_view url) {
  if (url.starts_with('-') || climbs_into_host(url)) return true;
  for (std::size_t i = 0; i < url.size(); ++i)
    if (static_cast<unsigned char>(url[i]) < ' ' || (url.substr(i).starts_with("%0") && i + 2 < url.size() &&
                                                     (lower(url[i + 2]) == 'a' || lower(url[i + 2]) == 'd')))
      return true;
  for (const std::string_view scheme : {"http", "https", "ftp", "ftps"}) {
    if (!url.starts_with(scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    if (rest.starts_with("::")) return !has_host(rest.substr(2));
    if (rest.starts_with("://")) return !has_host(url);
  }
  return false;
}

// `submodule`: the part of the setting's name between "submodule." and `key`.
const char* message_of_setting(std::string_view submodule, std::string_view key, std::string_view value) {
  if (submodule.empty() || has_parent_part(submodule, "/\\")) return "gitmodulesName";
  if (key == "url" && is_bad_url(value)) return "gitmodulesUrl";
  if (key == "path" && value.starts_with('-')) return "gitmodulesPath";
  if (key == "update" && value.starts_with('!')) return "gitmodulesUpdate";
  return nullptr;
}

}  // namespace

const char* fsck_message_of_gitmodules(std::string_view content) {
  if (content.find('\0') != std::string_view::npos) return kParse;
  const char* first = nullptr;
  const auto parsed = visit_config(content, config_origin::blob, [&](const config_entry& e) {
    const auto parts = key_in("submodule", e.name);
    if (first == nullptr && parts && e.value) first = message_of_setting(parts->subsection, parts->key, *e.value);
  });
  return first == nullptr && !parsed ? kParse : first;
}

}  // namespace docteur
