#pragma once
// A site with the files _headers and _redirects.

#include <map>
#include <string>

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

}  // namespace docteur::cache_vm
