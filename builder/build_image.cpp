#include "builder/build_image.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cassert>
#include <string_view>
#include <vector>

#include "builder/entry_section_writer.hpp"
#include "builder/path_section.hpp"
#include "builder/versions_section.hpp"
#include "idx/writer.hpp"
#include "layout/digest_section.hpp"
#include "layout/origin_section.hpp"
#include "layout/restart_section.hpp"
#include "layout/section_table.hpp"
#include "layout/tag_section.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

#ifdef DOCTEUR_SYSTEM_LIBDEFLATE
#define DOCTEUR_BUILDER_VERSION DOCTEUR_VERSION " libdeflate " LIBDEFLATE_VERSION_STRING
#else
#define DOCTEUR_BUILDER_VERSION DOCTEUR_VERSION
#endif
// The builder that the section table names.
constexpr std::string_view kBuilder = "docteur " DOCTEUR_BUILDER_VERSION;
static_assert(kBuilder.size() <= kBuilderSize);

// Returns the content of the restart section; the layout is in layout/restart_section.hpp.
std::vector<std::byte> encode_restarts(std::span<const restart_points> blobs) {
  std::size_t points = 0;
  for (const restart_points& b : blobs) points += b.points.size();
  const std::size_t table = kRestartHeaderSize + blobs.size() * kRestartRecordSize;
  std::vector<std::byte> out(table + points * kRestartPointSize);
  store_le(out.data(), static_cast<std::uint32_t>(blobs.size()));
  std::byte* record = out.data() + kRestartHeaderSize;
  std::uint64_t next = 0;
  for (const restart_points& b : blobs) {
    encode_restart_record(record, {b.offset, b.size, next, b.interval, b.stored});
    record += kRestartRecordSize;
    for (const std::uint64_t point : b.points) store_le(out.data() + table + kRestartPointSize * next++, point);
  }
  return out;
}

// Returns the content of the tag section, empty if there are no tags; the layout is in layout/tag_section.hpp.
std::vector<std::byte> encode_tags(std::span<const source_object> tags) {
  if (tags.empty()) return {};
  std::vector<std::byte> out(kTagSectionHeader);
  store_le(out.data(), static_cast<std::uint32_t>(tags.size()));
  for (const source_object& o : tags) {
    const bytes id = o.id.view();
    out.insert(out.end(), id.begin(), id.end());
  }
  return out;
}

// Returns the content of the origin section; the layout is in layout/origin_section.hpp.
std::vector<std::byte> encode_origin(const older_image& older) {
  const origin_head head =
      encode_origin_head({older.digest, older.steps + 1, older.first_pack, older.first_content, older.options});
  std::vector<std::byte> out(head.begin(), head.end());
  const bytes options = as_bytes(older.options);
  out.insert(out.end(), options.begin(), options.end());
  return out;
}

// Writes what follows the PACK.
class image_writer {
 public:
  image_writer(output_file& out, const oid& commit, const image_options& options)
      : out_(out), block_size_(options.block_size) {
    table_.block_size = options.block_size;
    if (commit.kind() == hash_kind::sha256) {
      table_.required |= kSha256Feature;
      table_.commit = commit;
    }
    std::ranges::copy(kBuilder, table_.builder.begin());
  }

  // Writes a section at the next multiple of the block size.
  outcome<void> add_section(section_type type, bytes content) {
    DOCTEUR_CHECK(align());
    table_.entries[table_.count++] = {type, libdeflate_crc32(0, content.data(), content.size()), out_.size(),
                                      content.size()};
    return out_.write(content);
  }

  // Leaves room for the digest section, at the next multiple of the block size, and adds it to the table. `idx`: bytes
  // of IDX, which follows the table. The section's size depends on the image's, of which it is a part.
  outcome<void> reserve_digests(std::uint64_t idx) {
    DOCTEUR_CHECK(align());
    const std::uint64_t at = out_.size();
    std::uint64_t length = 0;
    do {
      length = digest_section_size(digested_.image_size);
      digested_ = {round_up(idx_offset_after(at + length) + idx, block_size_), at};
    } while (length != digest_section_size(digested_.image_size));
    if (digested_.image_size > kMostDigested)
      return give_up(blame::input, "the image would have " + std::to_string(digested_.image_size) + " bytes: at most " +
                                       std::to_string(kMostDigested) + " are possible");
    table_.entries[table_.count++] = {section_type::digests, kDigestSectionCrc, at, length};
    return out_.write_zeros(length);
  }

  // Writes the section table so that it ends at a multiple of the block size, and returns that offset: IDX begins
  // there.
  outcome<std::uint64_t> write_table(std::uint64_t pack_size) {
    table_.pack_size = pack_size;
    const std::uint64_t idx_offset = idx_offset_after(out_.size());
    DOCTEUR_CHECK(out_.write_zeros(idx_offset - kSectionTableSize - out_.size()));
    DOCTEUR_CHECK(out_.write(encode_section_table(table_)));
    return idx_offset;
  }

  // Writes zeros up to the next multiple of the block size.
  outcome<void> align() { return out_.write_zeros(round_up(out_.size(), block_size_) - out_.size()); }

  // Writes the digest section into its room, when all else is written. Returns its SHA-256.
  outcome<oid> write_digests(const image_header& header) {
    assert(out_.size() == digested_.image_size);
    DOCTEUR_TRY(digests, out_.digests(header));
    std::vector<std::byte> section(digest_section_size(digested_.image_size));
    std::ranges::copy(digests, section.begin() + kDigestHeader);
    seal_digest_section(section, digested_);
    DOCTEUR_CHECK(out_.overwrite(digested_.offset, section));
    sha256 hash;
    hash.update(section);
    return hash.finish();
  }

 private:
  // Where IDX begins if the last section ends at `end`.
  [[nodiscard]] std::uint64_t idx_offset_after(std::uint64_t end) const {
    return round_up(end + kSectionTableSize, block_size_);
  }

  output_file& out_;
  std::uint64_t block_size_;
  section_table table_;
  digest_head digested_{};
};

outcome<void> add_sections(image_writer& image, const object_source& source, const written_pack& pack,
                           const image_options& options, progress& report) {
  const std::size_t objects = pack.entries.size();
  if (!pack.restarts.empty()) DOCTEUR_CHECK(image.add_section(section_type::restart, encode_restarts(pack.restarts)));
  path_lister lister(source, pack.entries, report);
  DOCTEUR_TRY(paths, make_path_section(lister, source.root().id, objects));
  DOCTEUR_CHECK(image.add_section(section_type::paths, paths));
  if (const std::vector<std::byte> tags = encode_tags(source.tags()); !tags.empty())
    DOCTEUR_CHECK(image.add_section(section_type::tags, tags));
  if (!source.versions().empty()) {
    DOCTEUR_TRY(versions, make_versions_section(lister, source.versions(), objects));
    DOCTEUR_CHECK(image.add_section(section_type::versions, versions));
  }
  DOCTEUR_CHECK(image.add_section(section_type::entries, make_entry_section(pack.outlines)));
  if (options.older) DOCTEUR_CHECK(image.add_section(section_type::origin, encode_origin(*options.older)));
  if (!options.sign) return {};
  DOCTEUR_TRY(list, make_list_section(lister, source, options.sign, options.pack.threads, report));
  return image.add_section(section_type::files, list);
}

}  // namespace

std::string_view builder_version() noexcept { return DOCTEUR_BUILDER_VERSION; }

outcome<void> check_block_size(std::uint64_t size) {
  if (size >= kLeastBlockSize && size <= kGreatestBlockSize && size % kLeastBlockSize == 0) return {};
  return give_up(blame::usage, "block size " + std::to_string(size) + ": expected a multiple of 512 up to 1048576");
}

outcome<image_statistics> write_image(const object_source& source, output_file& out, const image_options& options,
                                      progress& report) {
  DOCTEUR_CHECK(check_block_size(options.block_size));
  DOCTEUR_TRY(pack, write_pack(source, out, options.pack, report));

  const oid commit = source.commit().id;
  image_writer image(out, commit, options);
  DOCTEUR_CHECK(add_sections(image, source, pack, options, report));
  DOCTEUR_CHECK(image.reserve_digests(idx_size(pack.entries, source.kind())));
  DOCTEUR_TRY(idx_offset, image.write_table(pack.size));
  const std::uint64_t objects = pack.entries.size();
  DOCTEUR_CHECK(write_idx(std::move(pack.entries), pack.checksum, out));
  DOCTEUR_CHECK(image.align());
  const std::uint64_t size = out.size();
  const image_header header{source.kind() == hash_kind::sha1 ? commit : oid(), idx_offset};
  DOCTEUR_TRY(digest, image.write_digests(header));
  DOCTEUR_CHECK(out.complete(header));
  return image_statistics{commit, size, pack.size, objects, digest, pack.statistics};
}

outcome<image_statistics> build_image(const object_source& source, output_file& out, const image_options& options,
                                      progress& report) {
  DOCTEUR_TRY(made, write_image(source, out, options, report));
  if (report.cancelled()) return give_up(blame::environment, "interrupted");
  DOCTEUR_CHECK(out.publish());
  return made;
}

}  // namespace docteur
