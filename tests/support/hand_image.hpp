#pragma once
// Images made by hand, byte by byte: good ones, and some that no writer would make.

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "idx/writer.hpp"
#include "layout/image_header.hpp"
#include "layout/restart_section.hpp"
#include "layout/section_table.hpp"
#include "object/byte_sink.hpp"
#include "object/hasher.hpp"
#include "pack/entry.hpp"
#include "support/tree_text.hpp"

namespace docteur {

using byte_vector = std::vector<std::byte>;

inline void append(byte_vector& to, bytes what) { to.insert(to.end(), what.begin(), what.end()); }

inline std::string text_of(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

inline byte_vector zlib_stream(std::string_view content) {
  byte_vector out(compressBound(static_cast<uLong>(content.size())));
  uLongf size = static_cast<uLongf>(out.size());
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(content.data()),
           static_cast<uLong>(content.size()));
  out.resize(size);
  return out;
}

// A delta that copies nothing from its base.
inline std::string literal_delta(std::uint64_t base_size, std::string_view result) {
  std::string d;
  for (std::uint64_t v : {base_size, std::uint64_t{result.size()}}) {
    for (; v > 0x7f; v >>= 7) d += static_cast<char>(0x80 | (v & 0x7f));
    d += static_cast<char>(v);
  }
  for (; !result.empty(); result.remove_prefix(std::min<std::size_t>(result.size(), 127))) {
    const auto part = result.substr(0, 127);
    d += static_cast<char>(part.size());
    d += part;
  }
  return d;
}

inline std::string commit_text(const oid& tree, const std::string& message = "\nmessage\n") {
  return "tree " + text_of(tree) + "\nauthor A U Thor <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n" + message;
}

// Each addition is one entry. Ids are computed from content, so the caller passes the content of a delta's object, too.
class hand_pack {
 public:
  oid add(object_type type, std::string_view content) { return add(type, content, zlib_stream(content)); }
  oid add(object_type type, std::string_view content, const byte_vector& stream) {
    return put({static_cast<entry_type>(type), 0, content.size(), 0, {}},
               object_id(hash_kind::sha1, type, as_bytes(content)), stream);
  }
  // Adds a delta of entry number `base`, whose content has `base_size` bytes.
  oid add_ofs(object_type type, std::size_t base, std::uint64_t base_size, std::string_view content) {
    const std::string d = literal_delta(base_size, content);
    return put({entry_type::ofs_delta, 0, d.size(), entries_[base].offset, {}},
               object_id(hash_kind::sha1, type, as_bytes(content)), zlib_stream(d));
  }
  oid add_ref(object_type type, const oid& base, std::uint64_t base_size, std::string_view content) {
    const std::string d = literal_delta(base_size, content);
    return put({entry_type::ref_delta, 0, d.size(), 0, base}, object_id(hash_kind::sha1, type, as_bytes(content)),
               zlib_stream(d));
  }
  oid put(const entry_header& h, const oid& id, const byte_vector& stream) {
    const std::uint64_t offset = kPackHeaderSize + body_.size();
    const encoded_entry_header head = encode_entry_header(h, offset);
    return add_raw(byte_vector(head.view().begin(), head.view().end()), id, stream);
  }
  // `head`: the entry's header, as it is written.
  oid add_raw(const byte_vector& head, const oid& id, const byte_vector& stream) {
    const std::uint64_t offset = kPackHeaderSize + body_.size();
    byte_vector raw = head;
    append(raw, stream);
    entries_.push_back({id, offset, libdeflate_crc32(0, raw.data(), raw.size())});
    append(body_, raw);
    return id;
  }

  [[nodiscard]] std::uint64_t next_offset() const { return kPackHeaderSize + body_.size(); }
  [[nodiscard]] std::vector<idx_entry>& entries() { return entries_; }
  [[nodiscard]] const std::vector<idx_entry>& entries() const { return entries_; }
  // The offset of entry number `i` in an image.
  [[nodiscard]] std::uint64_t at(std::size_t i) const { return kPackOffset + entries_[i].offset; }

  [[nodiscard]] byte_vector pack() const {
    byte_vector all(kPackHeaderSize);
    store_be(all.data(), kPackMagic);
    store_be(all.data() + 4, kPackVersion);
    store_be(all.data() + 8, static_cast<std::uint32_t>(entries_.size()));
    append(all, body_);
    sha1 hash;
    hash.update(all);
    append(all, hash.finish().view());
    return all;
  }

 private:
  byte_vector body_;
  std::vector<idx_entry> entries_;
};

struct hand_options {
  bool table = true;
  byte_vector restarts = {};        // content of the restart section; empty: none
  byte_vector paths = {};           // of the path section
  byte_vector tags = {};            // of the tag section
  byte_vector entries = {};         // of the entry section
  std::uint32_t other_section = 0;  // type of a section of four bytes; 0: none
};

class byte_vector_sink final : public byte_sink {
 public:
  outcome<void> write(bytes data) override {
    append(data_, data);
    return {};
  }
  [[nodiscard]] const byte_vector& data() const { return data_; }

 private:
  byte_vector data_;
};

inline byte_vector hand_idx(std::span<const idx_entry> entries, const oid& pack_checksum) {
  byte_vector_sink sink;
  if (!write_idx({entries.begin(), entries.end()}, pack_checksum, sink)) std::abort();
  return sink.data();
}

// A PACK and an IDX, as in files of their own.
inline byte_vector hand_image(const oid& commit, const byte_vector& pack, const byte_vector& idx,
                              const hand_options& how = {}) {
  byte_vector all(kHeaderSize);
  append(all, pack);
  const auto align = [&] { all.resize(round_up(all.size(), 512)); };
  if (how.table) {
    section_table table;
    table.pack_size = pack.size();
    std::memcpy(table.builder.data(), "by hand", 7);
    const auto add = [&](section_type type, bytes content) {
      align();
      table.entries[table.count++] = {type, libdeflate_crc32(0, content.data(), content.size()), all.size(),
                                      content.size()};
      append(all, content);
    };
    if (!how.restarts.empty()) add(section_type::restart, how.restarts);
    if (!how.paths.empty()) add(section_type::paths, how.paths);
    if (!how.tags.empty()) add(section_type::tags, how.tags);
    if (!how.entries.empty()) add(section_type::entries, how.entries);
    if (how.other_section != 0) add(section_type{how.other_section}, as_bytes("oops"));
    align();
    const std::uint64_t idx_offset = all.size() + kSectionTableSize;
    append(all, encode_section_table(table));
    if (all.size() != idx_offset) std::abort();
  } else {
    align();
  }
  const image_header_bytes head = encode_image_header({commit, all.size()});
  std::ranges::copy(head, all.begin());
  append(all, idx);
  align();
  return all;
}

inline byte_vector hand_image(const oid& commit, const hand_pack& pack, const hand_options& how = {}) {
  const byte_vector raw = pack.pack();
  const oid checksum = oid::from(raw.data() + raw.size() - pack_trailer_size(hash_kind::sha1), hash_kind::sha1);
  return hand_image(commit, raw, hand_idx(pack.entries(), checksum), how);
}

[[nodiscard]] inline std::uint64_t idx_offset_of(const byte_vector& image) {
  return load_le<std::uint64_t>(image.data() + kHeaderIdxOffset);
}

// Corrects the checksum of IDX after a change in it. `size`: of IDX.
inline void reseal_idx(byte_vector& image, std::uint64_t size) {
  const std::uint64_t at = idx_offset_of(image);
  sha1 hash;
  hash.update(bytes(image).subspan(at, size - id_size(hash_kind::sha1)));
  const oid sum = hash.finish();
  std::ranges::copy(sum.view(), image.begin() + static_cast<std::ptrdiff_t>(at + size - id_size(hash_kind::sha1)));
}

}  // namespace docteur
