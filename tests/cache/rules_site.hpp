#pragma once
// A site with the files _headers and _redirects, and what its tests ask it.

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/served_site.hpp"

namespace docteur::cache_vm {

// `files`: content by path; folders one level deep at most.
inline site_image make_files(const std::map<std::string, std::string>& files) {
  site_image made;
  image_maker m;
  std::map<std::string, std::map<std::string, oid>> folders;
  std::map<std::string, oid> top;
  for (const auto& [path, content] : files) {
    const oid id = m.add_blob(content);
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos) {
      top.emplace(path, id);
    } else {
      folders[path.substr(0, slash)].emplace(path.substr(slash + 1), id);
    }
  }
  // In Git's order, which compares folders as if '/' followed their names.
  std::map<std::string, std::pair<std::string, oid>> entries;
  for (const auto& [name, id] : top) entries.emplace(name, std::pair(std::string("100644"), id));
  for (const auto& [name, content] : folders) {
    tree_text tree;
    for (const auto& [file, id] : content) tree.add("100644", file, id);
    entries.emplace(name + "/", std::pair(std::string("40000"), m.add_tree(tree)));
  }
  tree_text root;
  for (const auto& [name, e] : entries)
    root.add(e.first.c_str(), name.ends_with('/') ? name.substr(0, name.size() - 1) : name, e.second);
  made.root = m.add_tree(root);
  made.commit = m.add(object_type::commit, commit_text(made.root));
  made.raw = m.image(made.commit);
  return made;
}

// The values of all fields of a name, in their order.
inline std::vector<std::string> fields_of(std::string_view response, std::string_view name) {
  std::vector<std::string> values;
  std::string_view head = response.substr(0, response.find("\r\n\r\n") + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    if (line.starts_with(std::string(name) + ": ")) values.emplace_back(line.substr(name.size() + 2));
  }
  return values;
}

class Rules : public testing::Test {
 protected:
  served_site& serve(std::map<std::string, std::string> files, cache_options o = {}) {
    files.emplace("index.html", "<h1>top</h1>");
    files.emplace("there.txt", "there");
    files.emplace("app/index.html", "<p>app");
    files.emplace("app/other.html", "<p>other");
    site.emplace(make_files(files), std::move(o));
    return *site;
  }
  std::string location(std::string_view path) { return field_of(site->get(path), "Location"); }
  std::string own_status() {
    return body_of(site->exchange("GET /.docteur/status HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  }
  int status(std::string_view path) { return status_of(site->get(path)); }

  std::optional<served_site> site;
};

}  // namespace docteur::cache_vm
