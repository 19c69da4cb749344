#include "builder/versions_section.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <map>

#include "builder/path_section_writer.hpp"
#include "layout/versions_section.hpp"

namespace docteur {
namespace {

struct listed_path {
  std::string key;  // a directory's ends in '/'
  entry_kind kind;
  std::uint32_t position;
  oid submodule;

  [[nodiscard]] std::string_view path() const {
    return kind == entry_kind::directory && !key.empty() ? std::string_view(key).substr(0, key.size() - 1) : key;
  }
  friend bool operator==(const listed_path&, const listed_path&) = default;
};
using path_list = std::vector<listed_path>;

void append(std::vector<std::byte>& to, bytes from) { to.insert(to.end(), from.begin(), from.end()); }

outcome<path_list> list_all(path_lister& paths, const oid& root) {
  path_list all;
  DOCTEUR_CHECK(paths.run(root, [&all](std::string_view path, entry_kind kind, std::uint32_t position, const oid& id) {
    std::string key(path);
    if (kind == entry_kind::directory && !key.empty()) key += '/';
    all.push_back({std::move(key), kind, position, kind == entry_kind::submodule ? id : oid(id.kind())});
  }));
  return all;
}

// Returns the list of changes that makes `to` of `from`; empty if they are equal.
std::vector<std::byte> changes(const path_list& from, const path_list& to, std::size_t objects) {
  path_section_writer out(static_cast<std::uint32_t>(objects));
  auto old = from.begin();
  for (auto now = to.begin(); old != from.end() || now != to.end();) {
    // The order of keys: as if each ended in NUL.
    const int order = old == from.end() ? 1 : now == to.end() ? -1 : old->key.compare(now->key);
    if (order < 0) {
      out.add_removed((old++)->key);
      continue;
    }
    if (order > 0 || *old != *now) {
      if (now->kind == entry_kind::submodule) {
        out.add_submodule(now->path(), now->submodule);
      } else {
        out.add(now->path(), now->kind, now->position);
      }
    }
    if (order == 0) ++old;
    ++now;
  }
  return out.is_empty() ? std::vector<std::byte>() : out.finish();
}

// The base of version `number`: the number without its lowest bit that is set. So a version is reached by as many lists
// as its number has bits, and each list changes a version not far from its own.
constexpr std::uint32_t base_of(std::uint32_t number) { return number & (number - 1); }

class section_maker {
 public:
  section_maker(path_lister& paths, std::span<const source_version> versions, std::size_t objects)
      : paths_(paths), versions_(versions), objects_(objects) {}

  outcome<std::vector<std::byte>> run() {
    for (std::uint32_t i = 0; i < versions_.size(); ++i) DOCTEUR_CHECK(add(i));
    std::uint64_t at = kVersionsHeader;
    for (std::uint32_t i = 0; i < versions_.size(); ++i) at += records_[i].size(versions_[i].commit.kind());
    const std::uint64_t lists_at = at;
    std::vector<std::byte> out(kVersionsHeader);
    for (std::uint32_t i = 0; i < versions_.size(); ++i) {
      if (records_[i].length > 0) records_[i].offset += lists_at;
      put_record(out, versions_[i], records_[i]);
    }
    store_le(out.data(), static_cast<std::uint32_t>(versions_.size()));
    store_le(out.data() + 4, static_cast<std::uint32_t>(lists_at - kVersionsHeader));
    store_le(out.data() + 8,
             libdeflate_crc32(0, out.data() + kVersionsHeader, static_cast<std::size_t>(lists_at - kVersionsHeader)));
    append(out, lists_);
    return out;
  }

 private:
  outcome<void> add(std::uint32_t i) {
    version_record r{};
    r.name = static_cast<std::uint16_t>(versions_[i].name.size());
    r.reference = static_cast<std::uint16_t>(versions_[i].reference.size());
    r.tags = static_cast<std::uint16_t>(versions_[i].tags.size());
    if (i > 0) {
      r.base = static_cast<std::uint16_t>(base_of(i));
      // A tree that has been listed has no list of its own.
      const auto same = std::ranges::find(versions_.first(i), versions_[i].tree, &source_version::tree);
      if (same != versions_.begin() + i) r.base = static_cast<std::uint16_t>(same - versions_.begin());
    }
    DOCTEUR_TRY(now, list_all(paths_, versions_[i].tree));
    std::uint32_t lists = i > 0 ? lists_to_[r.base] : 0;
    if (i > 0 && versions_[i].tree != versions_[r.base].tree) {
      // Reverted commits can make the way longer than the number's bits.
      if (++lists > kMostVersionBases) {
        r.base = 0;
        lists = 1;
      }
      const std::vector<std::byte> list = changes(listed_.at(r.base), now, objects_);
      r.crc = libdeflate_crc32(0, list.data(), list.size());
      r.offset = lists_.size();
      r.length = list.size();
      append(lists_, list);
    }
    records_.push_back(r);
    lists_to_.push_back(lists);
    // Only the bases of later versions are needed: those that clearing the lowest bits of `i` yields.
    listed_[i] = std::move(now);
    std::erase_if(listed_, [i](const auto& l) {
      for (std::uint32_t b = i;; b = base_of(b)) {
        if (b == l.first) return false;
        if (b == 0) return true;
      }
    });
    return {};
  }

  static void put_record(std::vector<std::byte>& out, const source_version& v, const version_record& r) {
    std::array<std::byte, kVersionRecord> raw;
    encode_version_record(raw.data(), r);
    append(out, raw);
    append(out, as_bytes(v.name));
    append(out, as_bytes(v.reference));
    append(out, v.commit.view());
    for (const oid& tag : v.tags) append(out, tag.view());
  }

  path_lister& paths_;
  std::span<const source_version> versions_;
  std::size_t objects_;
  std::vector<version_record> records_;
  std::vector<std::uint32_t> lists_to_;  // from the path section to each version
  std::vector<std::byte> lists_;
  std::map<std::uint32_t, path_list> listed_;  // by version
};

}  // namespace

outcome<std::vector<std::byte>> make_versions_section(path_lister& paths, std::span<const source_version> versions,
                                                      std::size_t objects) {
  return section_maker(paths, versions, objects).run();
}

}  // namespace docteur
