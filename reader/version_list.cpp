#include "reader/version_list.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>

namespace docteur {

result<version_list> version_list::load(const image& from) noexcept {
  version_list l;
  l.kind_ = from.kind();
  const section* const s = from.sections() ? from.sections()->find(section_type::versions) : nullptr;
  if (s == nullptr) return l;
  l.where_ = *s;
  if (s->length < kVersionsHeader) return fail(errc::truncated, s->offset, "versions section is too short");
  std::array<std::byte, kVersionsHeader> raw{};
  DOCTEUR_CHECK(read_exactly(from.disk(), s->offset, raw));
  DOCTEUR_TRY(head, decode_versions_head(raw, s->length, s->offset));
  DOCTEUR_TRY(records, owned_array<std::byte>::make(from.allocator(), head.records));
  DOCTEUR_CHECK(read_exactly(from.disk(), s->offset + kVersionsHeader, records.span()));
  if (libdeflate_crc32(0, records.data(), records.size()) != head.crc)
    return fail(errc::bad_checksum, s->offset, "records of versions");
  l.records_ = owned_array<std::uint32_t>(from.allocator());
  DOCTEUR_CHECK(l.records_.reserve(head.count));
  std::uint64_t at = 0;
  for (std::uint32_t i = 0; i < head.count; ++i) {
    const std::uint64_t shown = s->offset + kVersionsHeader + at;
    if (head.records - at < kVersionRecord) return fail(errc::truncated, shown, "records of versions are cut short");
    DOCTEUR_TRY(r, decode_version_record(bytes{records.span()}.subspan(at, kVersionRecord), i, s->length, shown));
    if (head.records - at < r.size(l.kind_)) return fail(errc::truncated, shown, "records of versions are cut short");
    const std::string_view name = as_text(bytes{records.span()}.subspan(at + kVersionRecord, r.name));
    if (!is_version_name(name)) return fail(errc::malformed, shown, "bad name of a version");
    (void)l.records_.push_back(static_cast<std::uint32_t>(at));
    at += r.size(l.kind_);
  }
  if (at != head.records) return fail(errc::malformed, s->offset, "bytes behind the records of versions");
  l.raw_ = std::move(records);
  if (l[0].commit != from.commit_id())
    return fail(errc::malformed, s->offset, "the first version is not the image's commit");
  return l;
}

version version_list::operator[](std::uint32_t number) const noexcept {
  const bytes raw = bytes{raw_.span()}.subspan(records_[number]);
  // Checked by load().
  const version_record r = *decode_version_record(raw.first(kVersionRecord), number, where_.length, 0);
  const bytes rest = raw.subspan(kVersionRecord);
  const bytes ids = rest.subspan(std::size_t{r.name} + r.reference);
  version v{};
  v.name = as_text(rest.first(r.name));
  v.reference = as_text(rest.subspan(r.name, r.reference));
  v.commit = oid::from(ids.data(), kind_);
  v.tags = ids.subspan(id_size(kind_), r.tags * id_size(kind_));
  v.number = number;
  v.base = r.base;
  v.changes = {section_type::versions, r.crc, where_.offset + r.offset, r.length};
  return v;
}

result<std::size_t> version_list::lists(const version& v, std::span<section> out) const noexcept {
  std::size_t n = 0;
  for (version at = v; at.number != 0; at = (*this)[at.base]) {
    if (at.changes.length == 0) continue;
    if (n == out.size()) return fail(errc::too_large, at.changes.offset, "too many lists of paths for one version");
    out[n++] = at.changes;
  }
  std::reverse(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n));
  return n;
}

std::optional<version> version_list::find_name(std::string_view name) const noexcept {
  for (std::uint32_t i = 0; i < size(); ++i)
    if (const version v = (*this)[i]; v.name == name) return v;
  return std::nullopt;
}

std::optional<version> version_list::find(std::string_view name) const noexcept {
  if (const auto named = find_name(name)) return named;
  for (std::uint32_t i = 0; i < size(); ++i)
    if (const version v = (*this)[i]; v.reference == name) return v;
  return std::nullopt;
}

}  // namespace docteur
