#include "cli/version_text.hpp"

#include "base/date_text.hpp"
#include "base/oid_text.hpp"
#include "base/printable.hpp"

namespace docteur::cli {

json_object json_of_person(const signature& s) {
  json_object o;
  o.add_bytes("name", s.name).add_bytes("mail", s.mail);
  return o.add_raw("date", std::to_string(s.seconds)).add_raw("zone_minutes", std::to_string(s.zone_minutes));
}

std::string json_of_tag(const tag_object& tag) {
  json_object o;
  o.add("oid", hex_text(tag.id));
  if (const auto parsed = parse_tag(as_bytes(tag.content), tag.id.kind())) o.add_bytes("name", parsed->tag);
  return o.text();
}

std::string json_of_version(const verified_version& v) {
  json_object o;
  o.add_bytes("name", v.name).add("commit", hex_text(v.commit));
  if (!v.reference.empty()) o.add_bytes("reference", v.reference);
  if (const auto c = v.head())
    o.add_raw("author", json_of_person(c->author).text())
        .add_raw("committed", std::to_string(c->committer.seconds))
        .add("root", hex_text(c->tree));
  if (!v.tags.empty()) o.add_raw("tags", json_array(v.tags, json_of_tag));
  return o.add("paths", v.paths).text();
}

std::string line_of_version(const verified_version& v, bool exact) {
  const auto shown = [&](const std::string& text) { return text.empty() ? "-" : exact ? text : printable(text); };
  const auto head = v.head();
  return shown(v.name) + '\t' + hex_text(v.commit) + '\t' + shown(head ? rfc3339_text(head->committer.seconds) : "") +
         '\t' + std::to_string(v.paths) + '\t' + shown(v.reference);
}

}  // namespace docteur::cli
