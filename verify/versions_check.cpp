#include "verify/versions_check.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <set>

#include "base/printable.hpp"
#include "host/heap.hpp"
#include "layout/versions_section.hpp"
#include "reader/path_records.hpp"
#include "verify/read_range.hpp"
#include "verify/tree_paths.hpp"

namespace docteur {
namespace {

class record_reader {
 public:
  record_reader(const device& d, const section& where, const oid& commit, findings& found)
      : device_(d), where_(where), commit_(commit), found_(found) {}

  outcome<std::vector<listed_version>> run() {
    std::array<std::byte, kVersionsHeader> raw{};
    if (where_.length < raw.size()) return fault(errc::truncated, where_.offset, "versions section is too short");
    DOCTEUR_CHECK(read_range(device_, where_.offset, raw));
    const auto head = decode_versions_head(raw, where_.length, where_.offset);
    if (!head) return fault(head.error().code, head.error().at, head.error().what);
    records_.resize(head->records);
    DOCTEUR_CHECK(read_range(device_, where_.offset + kVersionsHeader, records_));
    if (libdeflate_crc32(0, records_.data(), records_.size()) != head->crc)
      found_.add(errc::bad_checksum, where_.offset, "records of versions");
    next_list_ = kVersionsHeader + head->records;
    for (std::uint32_t i = 0; i < head->count; ++i)
      if (!add(i)) return std::move(all_);
    if (at_ != records_.size()) return fault(errc::malformed, shown(), "bytes behind the records of versions");
    if (next_list_ != where_.length)
      return fault(errc::malformed, where_.offset + next_list_, "bytes behind the lists of versions");
    if (all_.front().commit != commit_)
      found_.add(errc::malformed, all_.front().at, "the first version is not the image's commit");
    return std::move(all_);
  }

 private:
  [[nodiscard]] std::uint64_t shown() const noexcept { return where_.offset + kVersionsHeader + at_; }
  std::vector<listed_version> fault(errc code, std::uint64_t at, const char* what) {
    found_.add(code, at, what);
    return std::move(all_);
  }

  // False after a fault.
  bool add(std::uint32_t number) {
    const bytes rest = bytes(records_).subspan(static_cast<std::size_t>(at_));
    const auto wrong = [this](errc code, const char* what) {
      found_.add(code, shown(), what);
      return false;
    };
    if (rest.size() < kVersionRecord) return wrong(errc::truncated, "records of versions are cut short");
    const auto r = decode_version_record(rest.first(kVersionRecord), number, where_.length, shown());
    if (!r) return wrong(r.error().code, r.error().what);
    if (rest.size() < r->size(commit_.kind())) return wrong(errc::truncated, "records of versions are cut short");
    const bytes names = rest.subspan(kVersionRecord);
    const std::byte* id = names.data() + r->name + r->reference;
    listed_version v{std::string(as_text(names.first(r->name))),
                     std::string(as_text(names.subspan(r->name, r->reference))),
                     oid::from(id, commit_.kind()),
                     {},
                     r->base,
                     {section_type::versions, r->crc, where_.offset + r->offset, r->length},
                     shown()};
    for (std::uint32_t i = 0; i < r->tags; ++i)
      v.tags.push_back(oid::from(id += id_size(commit_.kind()), commit_.kind()));
    if (!is_version_name(v.name)) return wrong(errc::malformed, "bad name of a version");
    if (!names_.insert(v.name).second) found_.add(errc::malformed, shown(), "two versions have one name");
    if (r->length > 0 && r->offset != next_list_) return wrong(errc::malformed, "lists of versions are not in order");
    next_list_ += r->length;
    at_ += r->size(commit_.kind());
    all_.push_back(std::move(v));
    return true;
  }

  device device_;
  section where_;
  oid commit_;
  findings& found_;
  std::vector<std::byte> records_;
  std::uint64_t at_ = 0;         // in records_
  std::uint64_t next_list_ = 0;  // from the start of the section
  std::set<std::string> names_;
  std::vector<listed_version> all_;
};

// The differences between two trees, in the order of keys.
class tree_changes {
 public:
  struct change {
    std::string key;
    std::uint32_t kind;
    std::uint32_t position;  // of a submodule: 0
    oid submodule;
  };
  tree_changes(const version_facts& facts, const oid& from, const oid& to)
      : facts_(facts), old_paths_(facts.ids, facts.trees, from), new_paths_(facts.ids, facts.trees, to) {
    take(old_paths_, old_);
    take(new_paths_, new_);
  }

  std::optional<change> next() {
    while (old_ || new_) {
      const int order = !old_ ? 1 : !new_ ? -1 : old_->key.compare(new_->key);
      if (order < 0) {
        change gone{old_->key, kRemovedPath, 0, {}};
        take(old_paths_, old_);
        return gone;
      }
      change now = *new_;
      const bool differs =
          order > 0 || old_->kind != now.kind || old_->position != now.position || old_->submodule != now.submodule;
      if (order == 0) take(old_paths_, old_);
      take(new_paths_, new_);
      if (differs) return now;
    }
    return std::nullopt;
  }

 private:
  void take(tree_paths& from, std::optional<change>& to) const {
    const auto p = from.next();
    to.reset();
    if (!p) return;
    const bool is_submodule = p->kind == entry_kind::submodule;
    to = change{std::string(p->key), static_cast<std::uint32_t>(p->kind),
                is_submodule ? 0 : facts_.pack.entries[p->entry].position, is_submodule ? p->id : oid()};
  }

  const version_facts& facts_;
  tree_paths old_paths_;
  tree_paths new_paths_;
  std::optional<change> old_;
  std::optional<change> new_;
};

class list_checker {
 public:
  list_checker(const device& d, const version_facts& facts, findings& found)
      : device_(d), facts_(facts), found_(found) {}

  outcome<void> run(const listed_version& v, const oid& base, const oid& root) {
    tree_changes expected(facts_, base, root);
    if (v.changes.length == 0) {
      if (const auto more = expected.next()) differs(v, v.at, "missing " + printable(more->key));
      return {};
    }
    auto inflate = inflater::make();
    if (!inflate) throw std::bad_alloc();
    path_records records(device_, v.changes, heap_memory(), *inflate);
    const auto compared = compare(v, records, expected);
    if (compared) return {};
    if (is_device_failure(compared.error())) return unreadable(compared.error());
    found_.add(compared.error());
    return {};
  }

 private:
  void differs(const listed_version& v, std::uint64_t at, const std::string& what) {
    found_.add(errc::malformed, at, "list of version " + printable(v.name) + " does not match the trees: " + what);
  }

  result<done> compare(const listed_version& v, path_records& records, tree_changes& expected) {
    DOCTEUR_CHECK(records.open(static_cast<std::uint32_t>(facts_.pack.entries.size()), facts_.bounds, true));
    std::string key;
    std::vector<oid> submodules;
    bool is_first = true;
    for (path_records::record r{};;) {
      DOCTEUR_TRY(more, records.next(r));
      const auto e = expected.next();
      if (!more && !e) break;
      if (!more || !e) {
        differs(v, records.at(), e ? "missing " + printable(e->key) : "more changes than there are");
        return done{};
      }
      const auto shared = static_cast<std::size_t>(std::ranges::mismatch(e->key, key).in1 - e->key.begin());
      std::uint32_t position = e->position;
      if (e->kind == static_cast<std::uint32_t>(entry_kind::submodule)) {
        position = static_cast<std::uint32_t>(submodules.size());
        submodules.push_back(e->submodule);
      }
      if (r.shared != (is_first ? 0 : shared) || r.tail != std::string_view(e->key).substr(is_first ? 0 : shared) ||
          r.kind != e->kind || r.position != position) {
        differs(v, records.at(), printable(e->key.empty() ? "/" : e->key));
        return done{};
      }
      key = e->key;
      is_first = false;
    }
    oid_list ids(heap_memory(), facts_.kind);
    DOCTEUR_CHECK(records.finish(ids));
    for (std::size_t i = 0; i < submodules.size(); ++i)
      if (ids[i] != submodules[i]) differs(v, v.changes.offset, "id of a submodule");
    return done{};
  }

  device device_;
  const version_facts& facts_;
  findings& found_;
};

}  // namespace

outcome<std::vector<listed_version>> load_versions(const device& d, const section& where, const oid& commit,
                                                   findings& found) {
  return record_reader(d, where, commit, found).run();
}

outcome<void> check_version_paths(const device& d, const std::vector<listed_version>& versions,
                                  const std::vector<oid>& roots, const version_facts& facts, findings& found) {
  for (std::size_t i = 1; i < versions.size(); ++i)
    DOCTEUR_CHECK(list_checker(d, facts, found).run(versions[i], roots[versions[i].base], roots[i]));
  return {};
}

}  // namespace docteur
