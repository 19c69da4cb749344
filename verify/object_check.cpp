#include "verify/object_check.hpp"

#include <algorithm>

#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "object/sha256.hpp"
#include "verify/fsck_messages.hpp"

namespace docteur {
namespace {

// Bytes of a name that are kept: with a longer one, the path is over its limit anyway.
constexpr std::size_t kLongestName = 0xffff;
constexpr std::size_t kUsualName = 64;  // bytes: a longer name counts as more than one entry

}  // namespace

void object_check::take(pack_entry& e, std::uint32_t index, bytes content, tree_edges& edges) {
  set_id(e, object_id(kind(), e.object, content));
  switch (e.object) {
    case object_type::blob:
      hash_content(index, content);
      if (options_.see_blob) options_.see_blob(e.id, content);
      break;
    case object_type::tree: take_tree(e, index, content, edges); break;
    case object_type::commit: take_commit(e, content); break;
    case object_type::tag: take_tag(e, content); break;
  }
}

void object_check::take_commit(const pack_entry& e, bytes content) {
  if (const auto c = parse_commit(content, kind()); !c) {
    found_.add(c.error().code, e.at(), c.error().what);
  } else {
    odd_.add(fsck_message_of_commit(as_text(content)), e.object, e.id, e.at());
  }
  keep(e, content);
}

void object_check::take_tag(const pack_entry& e, bytes content) {
  if (const auto t = parse_tag(content, kind()); !t) {
    found_.add(t.error().code, e.at(), t.error().what);
  } else {
    odd_.add(fsck_message_of_tag(as_text(content)), e.object, e.id, e.at());
  }
  keep(e, content);
}

void object_check::keep(const pack_entry& e, bytes content) {
  const auto wanted = std::ranges::find(wanted_, e.id);
  if (wanted == wanted_.end()) return;
  const std::lock_guard lock(mutex_);
  contents_[static_cast<std::size_t>(wanted - wanted_.begin())] = as_text(content);
}

void object_check::take_blob(pack_entry& e, std::uint32_t index, const oid& id, const oid& content) {
  set_id(e, id);
  if (hashes_content()) hashes_[index] = content;
}

void object_check::hash_content(std::uint32_t index, bytes content) {
  if (!hashes_content()) return;
  hashes_[index] = sha256_of(content);
}

void object_check::set_id(pack_entry& e, const oid& id) {
  e.id = id;
  e.has_id = true;
  e.state = entry_state::whole;
  if (idx_ == nullptr || e.position == kNoEntry || idx_->id(e.position) == id) return;
  found_.add(errc::bad_checksum, e.at(),
             object_text(name(e.object), id) + ": IDX has it as " + object_text("object", idx_->id(e.position)));
}

void object_check::take_tree(const pack_entry& e, std::uint32_t index, bytes content, tree_edges& edges) {
  tree_edges::tree t{index, 0, edges.edges.size(), edges.names.size(), content.size()};
  std::uint64_t odd = 0;
  for (tree_reader r(content, kind(), e.at()); !r.done();) {
    const auto entry = r.next();
    if (!entry) {
      // The offset within the tree is none within the image, so the fault gets that of the PACK entry.
      found_.add(entry.error().code, e.at(), object_text("tree", e.id) + ": " + entry.error().what);
      break;
    }
    check_entry(e, *entry);
    if (entry->zero_padded || entry->mode != canonical_mode(entry->kind)) ++odd;
    const std::string_view name = entry->name.substr(0, kLongestName);
    edges.edges.push_back({entry->id, entry->kind, static_cast<std::uint16_t>(name.size())});
    edges.names += name;
    ++t.count;
  }
  if (odd > 0) {
    odd_modes_ += odd;
    ++odd_trees_;
  }
  // Beyond the limit, edges are dropped: memory stays bounded, but reachability cannot be checked
  // (edges_are_complete()).
  const std::uint64_t taken = t.count + (edges.names.size() - t.first_name) / kUsualName;
  if ((edges_ += taken) > options_.bounds.paths) {
    edges.edges.resize(t.first);
    edges.names.resize(t.first_name);
    t.count = 0;
  }
  edges.trees.push_back(t);
}

// Adds what git's fsck reports of an entry of the tree `e` that tree_reader accepts; remembers special files.
void object_check::check_entry(const pack_entry& e, const tree_entry& entry) {
  if (entry.id == oid(kind())) odd_.add("nullSha1", e.object, e.id, e.at());
  const bool attributes = stands_for_gitattributes(entry.name);
  if (is_file(entry.kind)) {
    if ((!attributes && !stands_for_gitmodules(entry.name)) || edges_ > options_.bounds.paths) return;
    const std::lock_guard lock(mutex_);
    special_files_.push_back({entry.id, !attributes});
  } else if (attributes && entry.kind != entry_kind::symlink) {
    odd_.add(entry.kind == entry_kind::directory ? "gitattributesBlob" : "gitattributesMissing", e.object, e.id,
             e.at());
  }
}

void object_check::finish() {
  if (odd_modes_ > 0)
    found_.remark(std::to_string(odd_modes_) + " entries of " + std::to_string(odd_trees_) +
                  " trees have modes written as git no longer writes them");
}

}  // namespace docteur
