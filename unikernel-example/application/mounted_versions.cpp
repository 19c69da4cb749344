#include "unikernel-example/application/mounted_versions.hpp"

#include <algorithm>

#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/request_path.hpp"

namespace docteur::cache_vm {

result<done> mounted_versions::load(const docteur::image& of, std::uint64_t most) {
  image_ = &of;
  most_ = most;
  DOCTEUR_TRY(list, version_list::load(of));
  list_ = std::move(list);
  DOCTEUR_TRY(snapshot, docteur::snapshot::attach(of));
  first_ = std::make_shared<mounted_version>(std::move(snapshot));
  return done{};
}

result<shared_version> mounted_versions::find(std::string_view name) {
  const auto which = list_.find_name(name);
  if (!which) return fail(errc::not_found, 0, "no such version");
  if (which->commit == first_->snapshot.commit_id()) return first_;
  const std::lock_guard lock(guard_);
  const auto known = std::ranges::find(recent_, which->commit, &attached::commit);
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return known->version;
  }
  DOCTEUR_TRY(snapshot, docteur::snapshot::attach(*image_, list_, *which));
  recent_.push_front({which->commit, std::make_shared<mounted_version>(std::move(snapshot))});
  forget_unused();
  return recent_.front().version;
}

// What a response still uses stays in memory until it is sent.
void mounted_versions::forget_unused() noexcept {
  std::uint64_t used = 0;
  for (auto at = recent_.begin(); at != recent_.end();) {
    used += at->version->snapshot.memory_used();
    at = used > most_ && at != recent_.begin() ? recent_.erase(at) : std::next(at);
  }
}

std::vector<version_names> names_of_versions(const version_list& list) {
  std::vector<version_names> all;
  std::vector<oid> commits;  // of each
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    const version v = list[i];
    const auto known = std::ranges::find(commits, v.commit);
    if (known == commits.end()) {
      commits.push_back(v.commit);
      all.push_back({v.name, {}});
      continue;
    }
    version_names& names = all[static_cast<std::size_t>(known - commits.begin())];
    names.aliases.push_back(v.name);
    // The name of the branch or tag itself comes first.
    const auto is_own = [](const version& of) {
      return of.reference.size() > of.name.size() && of.reference.ends_with(of.name) &&
             of.reference[of.reference.size() - of.name.size() - 1] == '/';
    };
    if (is_own(v) && !is_own(*list.find_name(names.name))) std::swap(names.name, names.aliases.back());
  }
  return all;
}

std::string versions_json(const version_list& list) {
  std::string text;
  for (const version_names& v : names_of_versions(list)) {
    std::string aliases;
    for (const std::string_view alias : v.aliases) aliases += (aliases.empty() ? "" : ",") + json_text(alias);
    text += (text.empty() ? "" : ",\n ") + std::string("{\"version\":") + json_text(v.name) +
            ",\"title\":" + json_text(v.name) + ",\"aliases\":[" + aliases + "]}";
  }
  return "[" + text + "]\n";
}

std::string versions_page(const version_list& list) {
  std::string text =
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Versions</title>\n"
      "<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui;margin:2rem}li{list-style:none}</style>\n"
      "<h1>Versions</h1>\n<ul>\n";
  for (const version_names& v : names_of_versions(list)) {
    text += "<li><a href=\"./" + encode_path(v.name) + "/\">" + html_text(v.name) + "</a>";
    for (const std::string_view alias : v.aliases)
      text += " <a href=\"./" + encode_path(alias) + "/\">" + html_text(alias) + "</a>";
    text += "\n";
  }
  return text + "</ul>\n";
}

}  // namespace docteur::cache_vm
