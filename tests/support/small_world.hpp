#pragma once
// An image made by hand with every kind of entry that a tree can have. Tests only.

#include <map>
#include <string>
#include <string_view>

#include "support/image_maker.hpp"

namespace docteur {

// A small world: kinds, odd names, links. Each directory's tree is added before the one above it.
struct small_world {
  image_maker maker;
  std::map<std::string, std::string> files;  // path, content
  oid submodule = object_id(hash_kind::sha1, object_type::commit, as_bytes("elsewhere"));
  oid commit;
  const std::string deep_name = std::string(200, 'n');
  static constexpr int kDeep = 20;  // nested directories of deep_name: a path of 4 KB

  // Adds a blob under a path and returns its id.
  oid file(const std::string& path, const std::string& content) {
    files[path] = content;
    return maker.add_blob(content);
  }
  oid link(std::string_view target) { return maker.add_blob(target); }

  small_world() {
    tree_text a;
    a.add("100644", "file", file("a/file", "in a\n"));
    a.add("120000", "up", link("../top"));
    tree_text b;
    b.add("120000", "loop", link("../b/loop"));
    b.add("120000", "to-a", link("../a"));
    tree_text odd;
    odd.add("100644", " ", file("odd/ ", "blank"));
    odd.add("100644", "new\nline", file("odd/new\nline", "newline"));
    odd.add("100644", "\xff\xfe", file("odd/\xff\xfe", "not UTF-8"));
    const oid empty = maker.add_tree({});
    oid deep = maker.add_tree(tree_text().add("100644", "end", maker.add_blob("deep\n")));
    for (int i = 0; i < kDeep; ++i) deep = maker.add_tree(tree_text().add("40000", deep_name, deep));
    tree_text root;
    root.add("40000", "a", maker.add_tree(a));
    root.add("100644", "a0", file("a0", "after a/\n"));
    root.add("120000", "absolute", link("/top"));
    root.add("40000", "b", maker.add_tree(b));
    root.add("120000", "chain", link("b/to-a/up"));
    root.add("120000", "climbs", link("../top"));
    root.add("120000", "dangling", link("nowhere"));
    root.add("40000", "deep", deep);
    root.add("100644", "empty-file", file("empty-file", ""));
    root.add("120000", "empty-link", link(""));
    root.add("40000", "empty", empty);
    root.add("120000", "here", link("."));
    root.add("120000", "link", link("a/file"));
    root.add("120000", "link-dir", link("./a//"));
    root.add("120000", "link-slash", link("top/"));
    root.add("160000", "module", submodule);
    root.add("40000", "odd", maker.add_tree(odd));
    root.add("120000", "ping", link("pong"));
    root.add("120000", "pong", link("ping"));
    root.add("100755", "run", file("run", "#!/bin/sh\n"));
    root.add("120000", "self", link("self"));
    root.add("120000", "through-file", link("top/x"));
    root.add("100644", "top", file("top", "on top\n"));
    commit = maker.add(object_type::commit, commit_text(maker.add_tree(root)));
  }
};

}  // namespace docteur
