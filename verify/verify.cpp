#include "verify/verify.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>

#include "base/oid_hash.hpp"
#include "base/threads.hpp"
#include "layout/origin_section.hpp"
#include "layout/tag_section.hpp"
#include "verify/chain_check.hpp"
#include "verify/digest_check.hpp"
#include "verify/entry_check.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/idx_check.hpp"
#include "verify/list_check.hpp"
#include "verify/loaded_idx.hpp"
#include "verify/pack_examination.hpp"
#include "verify/path_check.hpp"
#include "verify/reachability.hpp"
#include "verify/read_range.hpp"
#include "verify/tag_check.hpp"
#include "verify/unresolved.hpp"
#include "verify/versions_check.hpp"
#include "verify/zero_check.hpp"

namespace docteur {
namespace {

// Checks the frame of an image: header, section table, sections, padding. The other files here check what is in it.
class verification {
 public:
  verification(const device& d, const verify_options& options, progress& report)
      : device_(d), options_(options), report_(report), found_(options.faults) {}

  outcome<verify_report> run() {
    DOCTEUR_TRY(readable, read_header());
    if (readable) {
      DOCTEUR_CHECK(read_section_table());
      DOCTEUR_CHECK(check_sections());
      DOCTEUR_CHECK(read_tags());
      DOCTEUR_CHECK(read_versions());
      DOCTEUR_CHECK(read_origin());
      list_wanted();
      frame_.hash_content = result_.sections && result_.sections->find(section_type::files) != nullptr;
      DOCTEUR_CHECK(read_pack_header());
      DOCTEUR_CHECK(load_idx());
      DOCTEUR_TRY(examined, examine_pack(device_, frame_, options_, report_));
      DOCTEUR_CHECK(take(*examined));
      DOCTEUR_CHECK(compare_digests());
    }
    found_.move_to(result_);
    return std::move(result_);
  }

 private:
  [[nodiscard]] hash_kind kind() const noexcept { return frame_.commit.kind(); }

  outcome<bool> read_header() {
    image_header_bytes raw{};
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), device_.size));
    DOCTEUR_CHECK(read_range(device_, 0, mutable_bytes{raw}.first(room)));
    const auto h = decode_image_header(bytes{raw}.first(room), device_.size);
    if (!h) {
      found_.add(h.error());
      return false;
    }
    frame_.commit = result_.commit = h->commit;
    frame_.idx_offset = h->idx_offset;
    frame_.limit = h->idx_offset - kPackOffset - pack_trailer_size(kind());
    return true;
  }

  outcome<void> read_section_table() {
    if (frame_.idx_offset < kPackOffset + kLeastPackSize + kSectionTableSize) return {};
    const std::uint64_t at = frame_.idx_offset - kSectionTableSize;
    section_table_bytes raw;
    DOCTEUR_CHECK(read_range(device_, at, raw));
    if (!has_section_table_magic(raw)) return {};
    has_table_ = true;
    const auto table = decode_section_table(raw, frame_.idx_offset);
    if (!table) {
      found_.add(table.error());
      return {};
    }
    result_.sections = *table;
    if (table->kind() == hash_kind::sha256) {
      if (frame_.commit != oid())
        found_.add(errc::malformed, kHeaderCommit, "the header of an image of SHA-256 names a commit");
      frame_.commit = result_.commit = table->commit;
    }
    frame_.limit = table->pack_size - pack_trailer_size(kind());
    frame_.limit_is_end = true;
    if (frame_.idx_offset % table->block_size != 0)
      found_.add(errc::malformed, kHeaderIdxOffset, "IDX offset is not a multiple of the block size");
    frame_.restarts = result_.sections->find(section_type::restart);
    frame_.entries = result_.sections->find(section_type::entries);
    const auto text_end = std::ranges::find(table->builder, '\0');
    if (std::any_of(text_end, table->builder.end(), [](char c) { return c != '\0'; }))
      found_.add(errc::malformed, at, "the builder text of the section table is not padded with NUL");
    if (table->optional != 0) found_.remark("the section table has optional features that are unknown to this version");
    return {};
  }

  // Checks the checksums of sections and the zeros between them. Their content is checked along with the PACK.
  outcome<void> check_sections() {
    if (!result_.sections) return {};
    std::uint64_t from = kPackOffset + result_.sections->pack_size;
    for (const section& s : result_.sections->sections()) {
      DOCTEUR_CHECK(check_zero(device_, from, s.offset, kPadding, found_));
      from = s.offset + s.length;
      std::uint32_t crc = 0;
      DOCTEUR_CHECK(for_each_piece(device_, s.offset, from, [&crc](bytes piece, std::uint64_t) {
        crc = libdeflate_crc32(crc, piece.data(), piece.size());
        return outcome<void>();
      }));
      if (crc != s.crc) found_.add(errc::bad_checksum, s.offset, "section");
      if (section_name(s.type).empty())
        found_.remark("a section of type " + std::to_string(static_cast<std::uint32_t>(s.type)) +
                      ", which is unknown to this version");
    }
    return check_zero(device_, from, frame_.idx_offset - kSectionTableSize, kPadding, found_);
  }

  outcome<void> read_tags() {
    tag_section_ = result_.sections ? result_.sections->find(section_type::tags) : nullptr;
    if (tag_section_ == nullptr) return {};
    DOCTEUR_TRY(ids, load_tags(device_, *tag_section_, kind(), found_));
    tags_ = std::move(ids);
    return {};
  }

  outcome<void> read_origin() {
    const section* where = result_.sections ? result_.sections->find(section_type::origin) : nullptr;
    if (where == nullptr) return {};
    std::vector<std::byte> raw(static_cast<std::size_t>(std::min(where->length, kOriginHead + kMostOriginOptions + 1)));
    DOCTEUR_CHECK(read_range(device_, where->offset, raw));
    const auto origin = decode_origin(raw, where->offset);
    if (!origin)
      found_.add(origin.error());
    else
      result_.origin = {origin->digest, origin->steps, origin->first_pack, origin->first_content,
                        std::string(origin->options)};
    return {};
  }

  outcome<void> read_versions() {
    versions_section_ = result_.sections ? result_.sections->find(section_type::versions) : nullptr;
    if (versions_section_ == nullptr) return {};
    if (result_.sections->find(section_type::paths) == nullptr)
      found_.add(errc::malformed, versions_section_->offset, "versions without a path section");
    DOCTEUR_TRY(versions, load_versions(device_, *versions_section_, frame_.commit, found_));
    versions_ = std::move(versions);
    return {};
  }

  void list_wanted() {
    std::unordered_set<oid, oid_hash> known;
    const auto want = [&](const oid& id) {
      if (known.insert(id).second) frame_.wanted.push_back(id);
    };
    want(frame_.commit);
    for (const oid& id : tags_) want(id);
    for (const listed_version& v : versions_) {
      want(v.commit);
      for (const oid& id : v.tags) want(id);
    }
  }

  // Moves the content of commits and tags into the result.
  void take_contents(const std::vector<std::string>& contents) {
    const auto content = [&](const oid& id) -> const std::string& {
      return contents[static_cast<std::size_t>(std::ranges::find(frame_.wanted, id) - frame_.wanted.begin())];
    };
    result_.commit_content = content(frame_.commit);
    for (const oid& id : tags_) result_.tags.push_back({id, content(id)});
    for (const listed_version& v : versions_) {
      verified_version& to = result_.versions.emplace_back();
      to = {v.name, v.reference, v.commit, content(v.commit), {}, 0};
      for (const oid& id : v.tags) to.tags.push_back({id, content(id)});
      check_tags(to.tags, v.commit, v.at, "the version's", found_);
    }
  }

  outcome<void> read_pack_header() {
    std::array<std::byte, kPackHeaderSize> head;
    DOCTEUR_CHECK(read_range(device_, kPackOffset, head));
    if (load_be<std::uint32_t>(head.data()) != kPackMagic)
      found_.add(errc::bad_magic, kPackOffset, "no PACK where it should be");
    if (load_be<std::uint32_t>(head.data() + 4) != kPackVersion)
      found_.add(errc::bad_version, kPackOffset + 4, "unknown PACK version");
    frame_.count = load_be<std::uint32_t>(head.data() + 8);
    if (frame_.count > options_.bounds.objects)
      found_.add(errc::too_large, kPackOffset + 8, "more objects than the limit");
    return {};
  }

  outcome<void> load_idx() {
    DOCTEUR_TRY(index, loaded_idx::load(device_, frame_.idx_offset, frame_.limit, options_.bounds.objects, kind()));
    if (index) {
      index_ = std::move(*index);
      frame_.index = &*index_;
    } else {
      found_.add(index.error());
    }
    return {};
  }

  outcome<void> take(pack_examination& e) {
    found_.merge(std::move(e.found));
    take_contents(e.contents);
    if (tag_section_ != nullptr)
      check_tags(result_.tags, frame_.commit, tag_section_->offset + kTagSectionHeader, "the image's", found_);
    result_.objects = e.resolved.objects;
    result_.content_bytes = e.resolved.content_bytes;
    result_.deltas = e.resolved.deltas;
    result_.pack_size = e.end + pack_trailer_size(kind());
    if (e.is_complete) DOCTEUR_CHECK(check_trailer(e));
    DOCTEUR_CHECK(compare_entries(e));

    const idx_view* idx = index_ ? &index_->view() : nullptr;
    const id_map ids(e.pack, idx);
    report_unresolved(e.pack, ids, found_);
    result_.depth = check_chains(e.pack, ids, options_.bounds, found_);
    const tree_index trees(std::move(e.resolved.edges));
    if (e.is_complete)
      check_reachability(
          e.pack, ids, trees,
          {frame_.commit, tags_, tag_section_ != nullptr ? tag_section_->offset : 0,
           versions_section_ != nullptr ? versions_section_->offset : 0, has_table_, e.edges_are_complete},
          options_.bounds, found_, result_);
    std::uint64_t idx_end = 0;
    if (idx != nullptr) {
      DOCTEUR_TRY(end, check_idx(device_, frame_.idx_offset, *idx, e.pack.checksum, e.pack, found_));
      idx_end = end;
    } else {
      DOCTEUR_TRY(end, check_unreadable_idx(device_, frame_.idx_offset, e.pack.checksum, e.pack, found_));
      idx_end = std::min(end, device_.size);
    }
    DOCTEUR_CHECK(check_tail(idx_end));
    DOCTEUR_CHECK(remark_on_objects(e));
    DOCTEUR_CHECK(compare_paths(e, ids, trees));
    return compare_list(e, ids, trees);
  }

  // Adds the remarks of git's fsck on objects. Files are read for this only if the image has no fault.
  outcome<void> remark_on_objects(pack_examination& e) {
    if (found_.count() == 0)
      DOCTEUR_CHECK(check_special_files(device_, {kPackOffset, e.end, frame_.idx_offset, kind()},
                                        std::move(e.special_files), options_.bounds, e.odd, report_));
    e.odd.remark_on(found_);
    return {};
  }

  outcome<void> compare_paths(const pack_examination& e, const id_map& ids, const tree_index& trees) {
    const section* paths = result_.sections ? result_.sections->find(section_type::paths) : nullptr;
    const auto head = result_.head();
    if (paths == nullptr || !head) return {};
    // The section follows from trees and IDX, so it can only be compared with good ones.
    if (found_.count() == 0) {
      DOCTEUR_CHECK(check_paths(device_, *paths, {frame_.commit, head->tree, e.pack, ids, trees}, found_));
      std::vector<oid> roots;
      for (const verified_version& v : result_.versions) roots.push_back(v.head()->tree);  // good, as all commits are
      return check_version_paths(device_, versions_, roots, {kind(), e.pack, ids, trees, options_.bounds}, found_);
    }
    found_.remark("the path section was not compared with the trees: fix the other faults first");
    return {};
  }

  outcome<void> compare_entries(const pack_examination& e) {
    const section* entries = result_.sections ? result_.sections->find(section_type::entries) : nullptr;
    if (entries == nullptr || !e.is_complete) return {};
    return check_entries(device_, *entries, e.pack, found_);
  }

  outcome<void> compare_digests() {
    const section* digests = result_.sections ? result_.sections->find(section_type::digests) : nullptr;
    if (digests == nullptr) return {};
    DOCTEUR_TRY(digest, check_digests(device_, *digests, result_.image_size, options_.threads, found_, report_));
    result_.digest = digest;
    return {};
  }

  outcome<void> compare_list(const pack_examination& e, const id_map& ids, const tree_index& trees) {
    const section* list = result_.sections ? result_.sections->find(section_type::files) : nullptr;
    const auto head = result_.head();
    if (list == nullptr || !head || found_.count() > 0) return {};
    DOCTEUR_TRY(checked, check_list(device_, *list, {frame_.commit, *head, ids, trees, e.content_hashes}, found_));
    result_.list = std::move(checked);
    return {};
  }

  outcome<void> check_trailer(const pack_examination& e) {
    oid trailer(kind());
    const std::uint64_t at = kPackOffset + e.end;
    DOCTEUR_CHECK(read_range(device_, at, trailer.view()));
    if (trailer != e.pack.checksum) found_.add(errc::bad_checksum, at, "PACK trailer");
    if (has_table_) return {};
    return check_zero(device_, at + pack_trailer_size(kind()), frame_.idx_offset, kPadding, found_);
  }

  outcome<void> check_tail(std::uint64_t idx_end) {
    const std::uint64_t unit = result_.sections ? result_.sections->block_size : 1;
    result_.image_size = round_up(idx_end, unit);
    if (device_.size % kSector != 0)
      found_.remark(std::to_string(device_.size) +
                    " bytes are not a multiple of 512: a hypervisor leaves out the last part of a sector");
    if (result_.image_size > device_.size) found_.add(errc::truncated, device_.size, "padding behind IDX is cut short");
    return check_zero(device_, idx_end, device_.size, "bytes behind IDX are not zero", found_);
  }

  static constexpr std::uint64_t kSector = 512;  // bytes, of block devices
  static constexpr const char* kPadding = "padding is not zero";

  device device_;
  const verify_options& options_;
  progress& report_;
  findings found_;
  pack_frame frame_;
  const section* tag_section_ = nullptr;       // the tag section, if there is one
  std::vector<oid> tags_;                      // in it
  const section* versions_section_ = nullptr;  // the versions section, if there is one
  std::vector<listed_version> versions_;       // in it
  bool has_table_ = false;                     // there is a section table, perhaps damaged
  std::optional<loaded_idx> index_;
  verify_report result_;
};

}  // namespace

outcome<verify_report> verify_image(const device& image, const verify_options& options, progress& report) {
  return with_threads(options.threads, [&] { return verification(image, options, report).run(); });
}

}  // namespace docteur
