#include "unikernel-example/application/mounted_versions.hpp"

#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/request_path.hpp"

namespace docteur::cache_vm {

result<done> mounted_versions::load(const docteur::image& of, std::uint64_t most, std::optional<memory> rules) {
  image_ = &of;
  rules_ = rules;
  recent_.set_bound(most);
  DOCTEUR_TRY(list, version_list::load(of));
  list_ = std::move(list);
  DOCTEUR_TRY(first, make(docteur::snapshot::attach(of)));
  first_ = std::make_shared<mounted_version>(std::move(first));
  return done{};
}

result<mounted_version> mounted_versions::make(result<docteur::snapshot> attached) const {
  DOCTEUR_TRY(snapshot, std::move(attached));
  if (!rules_) return mounted_version(std::move(snapshot), nullptr);
  DOCTEUR_TRY(rules, load_rules(*image_, snapshot, *rules_));
  return mounted_version(std::move(snapshot), std::move(rules));
}

result<shared_version> mounted_versions::find(std::string_view name) {
  const auto which = list_.find_name(name);
  if (!which) return fail(errc::not_found, 0, "no such version");
  if (which->commit == first_->snapshot.commit_id()) return first_;
  return recent_.get(which->commit, [&] { return make(docteur::snapshot::attach(*image_, list_, *which)); });
}

result<shared_version> mounted_versions::take(std::string_view& path, bool always) {
  std::string_view rest = path;
  if (!always && !rest.starts_with('@')) return shared_version();
  if (!always) rest.remove_prefix(1);
  auto version = find(take_until(rest, '/'));
  // A name that no version has may be a folder's.
  if (!version && !always && version.error().code == errc::not_found) return shared_version();
  if (version) path = rest;
  return version;
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
