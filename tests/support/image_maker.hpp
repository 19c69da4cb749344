#pragma once
// Images made by hand, entry by entry, so that a test decides exactly what is in them, good or bad. Whether git agrees
// with an image is tested in tests/interop.

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
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

using buffer = std::vector<std::byte>;

inline buffer to_buffer(std::string_view text) {
  const bytes b = as_bytes(text);
  return {b.begin(), b.end()};
}
inline void append(buffer& to, bytes more) { to.insert(to.end(), more.begin(), more.end()); }

// Bytes that do not compress, the same for the same seed.
inline std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}
// Text that compresses, the same for the same seed.
inline std::string prose(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(random() % 100'000) + " of the text\n";
  text.resize(size);
  return text;
}

inline std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.begin(), h.end()};
}

// A zlib stream; with `interval`, a full flush after that many bytes of content each. `points`: the offsets where the
// flushes end.
inline buffer deflated(bytes content, int level = 6, std::size_t interval = 0,
                       std::vector<std::uint64_t>* points = nullptr) {
  z_stream z{};
  if (deflateInit(&z, level) != Z_OK) throw std::runtime_error("deflateInit");
  buffer out(content.size() + content.size() / 100 + 1024 + (interval == 0 ? 0 : content.size() / interval * 16));
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const std::size_t step = interval == 0 ? content.size() : interval;
  int status = Z_OK;
  for (std::size_t at = 0; status != Z_STREAM_END;) {
    const std::size_t n = std::min(step, content.size() - at);
    z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data() + at));
    z.avail_in = static_cast<uInt>(n);
    at += n;
    const bool last = at == content.size();
    status = deflate(&z, last ? Z_FINISH : Z_FULL_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) throw std::runtime_error("deflate");
    if (!last && points != nullptr) points->push_back(z.total_out);
  }
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

// A zlib stream of stored blocks, as layout/restart_section.hpp requires them.
inline buffer stored(bytes content) {
  buffer out = to_buffer("\x78\x01");
  std::uint32_t adler = libdeflate_adler32(1, content.data(), content.size());
  do {
    const std::size_t n = std::min<std::size_t>(content.size(), kStoredBlock);
    std::array<std::byte, 5> head{};
    head[0] = static_cast<std::byte>(n == content.size() ? 1 : 0);
    store_le(head.data() + 1, static_cast<std::uint16_t>(n));
    store_le(head.data() + 3, static_cast<std::uint16_t>(~n));
    append(out, head);
    append(out, content.first(n));
    content = content.subspan(n);
  } while (!content.empty());
  std::array<std::byte, 4> end;
  store_be(end.data(), adler);
  append(out, end);
  return out;
}

// Git's delta, instruction by instruction.
class delta_text {
 public:
  delta_text(std::uint64_t base_size, std::uint64_t result_size) {
    put_size(base_size);
    put_size(result_size);
  }
  // `size` up to 0xffffff; zero bytes are left out, as Git does.
  delta_text& copy(std::uint32_t offset, std::uint32_t size) {
    const std::size_t op = raw_.size();
    raw_.push_back(std::byte{0x80});
    for (unsigned i = 0; i < 4; ++i) put_operand(op, 1u << i, offset >> 8 * i);
    for (unsigned i = 0; i < 3 && size != 0x10000; ++i) put_operand(op, 0x10u << i, size >> 8 * i);
    return *this;
  }
  // `text` of 1 to 127 bytes.
  delta_text& insert(std::string_view text) {
    raw_.push_back(static_cast<std::byte>(text.size()));
    append(raw_, as_bytes(text));
    return *this;
  }
  [[nodiscard]] bytes view() const { return raw_; }

 private:
  void put_size(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) raw_.push_back(static_cast<std::byte>(v | 0x80));
    raw_.push_back(static_cast<std::byte>(v));
  }
  void put_operand(std::size_t op, unsigned bit, std::uint32_t v) {
    if ((v & 0xff) == 0) return;
    raw_[op] |= static_cast<std::byte>(bit);
    raw_.push_back(static_cast<std::byte>(v));
  }
  buffer raw_;
};

inline std::string commit_text(const oid& tree) {
  return "tree " + hex(tree) +
         "\nauthor A U Thor <author@example.org> 1600000000 +0200\n"
         "committer C O Mitter <committer@example.org> 1600000001 -0330\n\nmessage\n";
}

class image_maker {
 public:
  image_maker() : pack_(kPackHeaderSize) {}

  // How the zlib stream of a whole object is made.
  enum class form { deflated, stored, restartable };

  // Adds a whole object unless it is there already; returns its id.
  oid add(object_type type, std::string_view content, form how = form::deflated, std::uint32_t interval = 0) {
    const oid id = object_id(hash_kind::sha1, type, as_bytes(content));
    if (offset(id) != 0) return id;
    const std::uint64_t at = pack_.size();
    std::vector<std::uint64_t> points;
    const buffer stream = how == form::stored
                              ? stored(as_bytes(content))
                              : deflated(as_bytes(content), 6, how == form::restartable ? interval : 0, &points);
    entry_header h{};
    h.type = static_cast<entry_type>(type);
    h.size = content.size();
    add_entry(id, h, stream);
    if (how != form::deflated) restarts_.push_back({at, content.size(), interval, how == form::stored, points});
    return id;
  }
  oid add_blob(std::string_view content) { return add(object_type::blob, content); }
  oid add_tree(const tree_text& tree) { return add(object_type::tree, tree.text()); }

  // Adds the object that `delta` makes from `base`; `id` is not checked.
  void add_ofs_delta(const oid& id, const oid& base, bytes delta) {
    entry_header h{};
    h.type = entry_type::ofs_delta;
    h.size = delta.size();
    h.base_offset = offset(base);
    add_entry(id, h, deflated(delta));
  }
  void add_ref_delta(const oid& id, const oid& base, bytes delta) {
    entry_header h{};
    h.type = entry_type::ref_delta;
    h.size = delta.size();
    h.base_id = base;
    add_entry(id, h, deflated(delta));
  }
  // Adds arbitrary bytes: the header as given, then `rest`.
  void add_entry(const oid& id, const entry_header& h, bytes rest) {
    const std::uint64_t at = pack_.size();
    append(pack_, encode_entry_header(h, at).view());
    append(pack_, rest);
    name(id, at);
  }
  // Adds a blob whose entry, and restart record if `how` is stored, claims `size` bytes, whatever the `stream` holds.
  void add_claim(const oid& id, std::uint64_t size, bytes stream, form how) {
    const std::uint64_t at = pack_.size();
    add_entry(id, {entry_type::blob, 0, size, 0, {}}, stream);
    if (how == form::stored) restarts_.push_back({at, size, kStoredBlock, true, {}});
  }
  // Adds `id` to IDX with the offset `at`.
  void name(const oid& id, std::uint64_t at) { entries_.push_back({id, at, 0}); }

  [[nodiscard]] std::uint64_t offset(const oid& id) const {
    const auto e = std::ranges::find(entries_, id, &idx_entry::id);
    return e == entries_.end() ? 0 : e->offset;
  }
  [[nodiscard]] std::uint64_t next_offset() const { return pack_.size(); }
  [[nodiscard]] std::vector<idx_entry>& entries() { return entries_; }

  // The same with the last entry, `commit`, moved to the front, as a path section requires.
  [[nodiscard]] image_maker commit_first(const oid& commit) const {
    const std::uint64_t at = offset(commit);
    const auto begin = pack_.begin() + static_cast<std::ptrdiff_t>(at);
    image_maker m = *this;
    m.pack_.assign(pack_.begin(), pack_.begin() + static_cast<std::ptrdiff_t>(kPackHeaderSize));
    m.pack_.insert(m.pack_.end(), begin, pack_.end());
    m.pack_.insert(m.pack_.end(), pack_.begin() + static_cast<std::ptrdiff_t>(kPackHeaderSize), begin);
    const std::uint64_t moved = pack_.size() - at;
    for (idx_entry& e : m.entries_) e.offset = e.id == commit ? kPackHeaderSize : e.offset + moved;
    for (restart& r : m.restarts_) r.offset += moved;
    return m;
  }
  // Sets the path section of the image.
  void set_path_section(buffer content) { path_section_ = std::move(content); }

  // The image with a section table, and with a restart section if a blob needs it.
  enum class sections { none, table };
  [[nodiscard]] buffer image(const oid& commit, sections which = sections::table, std::size_t tail = 0) const {
    buffer pack = pack_;
    store_be(pack.data(), kPackMagic);
    store_be(pack.data() + 4, kPackVersion);
    store_be(pack.data() + 8, static_cast<std::uint32_t>(entries_.size()));
    sha1 hash;
    hash.update(pack);
    const oid checksum = hash.finish();
    append(pack, checksum.view());

    std::vector<idx_entry> entries = entries_;
    for (idx_entry& e : entries) e.crc = crc_of(pack, e.offset);
    buffer out(kHeaderSize);
    append(out, pack);
    if (which == sections::table) {
      section_table table;
      table.pack_size = pack.size();
      std::ranges::copy(std::string_view("test"), table.builder.begin());
      const auto add_section = [&](section_type type, const buffer& content) {
        out.resize(round_up(out.size(), 512));
        table.entries[table.count++] = {type, libdeflate_crc32(0, content.data(), content.size()), out.size(),
                                        content.size()};
        append(out, content);
      };
      if (!restarts_.empty()) add_section(section_type::restart, restart_section());
      if (!path_section_.empty()) add_section(section_type::paths, path_section_);
      const std::uint64_t idx_offset = round_up(out.size() + kSectionTableSize, 512);
      out.resize(idx_offset - kSectionTableSize);
      append(out, encode_section_table(table));
    } else {
      out.resize(round_up(out.size(), 512));
    }
    std::ranges::copy(encode_image_header({commit, out.size()}), out.begin());
    sink to(out);
    if (!write_idx(entries, checksum, to)) throw std::runtime_error("write_idx");
    out.resize(round_up(out.size(), 512) + tail);
    return out;
  }

 private:
  struct restart {
    std::uint64_t offset;
    std::uint64_t size;
    std::uint32_t interval;
    bool stored;
    std::vector<std::uint64_t> points;
  };
  class sink : public byte_sink {
   public:
    explicit sink(buffer& to) : to_(to) {}
    outcome<void> write(bytes data) override {
      append(to_, data);
      return {};
    }

   private:
    buffer& to_;
  };

  [[nodiscard]] std::uint32_t crc_of(const buffer& pack, std::uint64_t at) const {
    std::uint64_t end = pack.size() - pack_trailer_size(hash_kind::sha1);
    for (const idx_entry& e : entries_)
      if (e.offset > at && e.offset < end) end = e.offset;
    return at < end ? libdeflate_crc32(0, pack.data() + at, end - at) : 0;
  }
  [[nodiscard]] buffer restart_section() const {
    buffer out(kRestartHeaderSize + restarts_.size() * kRestartRecordSize);
    store_le(out.data(), static_cast<std::uint32_t>(restarts_.size()));
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < restarts_.size(); ++i) {
      const restart& r = restarts_[i];
      encode_restart_record(out.data() + kRestartHeaderSize + i * kRestartRecordSize,
                            {r.offset, r.size, next, r.stored ? 32768 : r.interval, r.stored});
      next += r.points.size();
    }
    for (const restart& r : restarts_) {
      for (const std::uint64_t point : r.points) {
        std::array<std::byte, 8> raw;
        store_le(raw.data(), point);
        append(out, raw);
      }
    }
    return out;
  }

  buffer pack_;
  std::vector<idx_entry> entries_;
  std::vector<restart> restarts_;
  buffer path_section_;
};

}  // namespace docteur
