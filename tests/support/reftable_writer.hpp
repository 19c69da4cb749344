#pragma once
// Writes tables of references (Git's Documentation/technical/reftable) for tests. Fields are written as they are set,
// so that a table may break any rule. Hosted.

#include <libdeflate.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/bytes.hpp"
#include "object/oid.hpp"
#include "source/repository/references.hpp"

namespace docteur {

inline std::vector<std::byte> to_vector(std::string_view text) {
  const bytes raw = as_bytes(text);
  return {raw.begin(), raw.end()};
}

// `v` in `size` bytes, big-endian.
inline std::string be(std::uint64_t v, unsigned size) {
  std::string out;
  for (unsigned i = size; i-- > 0;) out += static_cast<char>(v >> (8 * i) & 0xff);
  return out;
}

inline std::string reftable_varint(std::uint64_t v) {
  std::string out(1, static_cast<char>(v & 0x7f));
  while ((v >>= 7) != 0) out.insert(out.begin(), static_cast<char>(0x80 | (--v & 0x7f)));
  return out;
}

struct written_record {
  std::string name;
  std::optional<reference_value> value;  // nothing: a deletion
  std::optional<oid> peeled;             // beside an id
};

class reftable_writer {
 public:
  struct options {
    hash_kind kind = hash_kind::sha1;
    unsigned version = 0;        // 0: the one that git uses for the kind
    std::size_t block_size = 0;  // bytes; 0: not aligned
    std::size_t most = 4096;     // bytes of a block
    std::size_t interval = 16;   // records from one restart to the next
  };

  explicit reftable_writer(options how) : how_(how) {
    if (how_.version == 0) how_.version = how_.kind == hash_kind::sha1 ? 1 : 2;
    if (how_.block_size != 0) how_.most = how_.block_size;
    header_ = "REFT" + std::string(1, static_cast<char>(how_.version)) + be(how_.block_size, 3) + be(1, 8) + be(9, 8);
    if (how_.version == 2) header_ += how_.kind == hash_kind::sha1 ? "sha1" : "s256";
    file_ = header_;
  }

  void add(const written_record& r) {
    std::string record = encode(r, restarts_.empty() || since_restart_ == how_.interval);
    if (!records_.empty() && size_with(record.size()) > how_.most) {
      end_block();
      pad();
      record = encode(r, true);
    }
    if (shared_ == 0) {
      restarts_.push_back(skipped() + 4 + records_.size());
      since_restart_ = 0;
    }
    ++since_restart_;
    records_ += record;
    last_ = r.name;
  }

  // The whole table. `behind`: blocks of other sections, `positions`: the five in the footer.
  std::string finish(const std::string& behind = "", std::vector<std::uint64_t> positions = {0, 0, 0, 0, 0}) {
    if (!records_.empty()) end_block();
    file_ += behind;
    std::string footer = header_;
    for (const std::uint64_t p : positions) footer += be(p, 8);
    return file_ + footer + be(libdeflate_crc32(0, footer.data(), footer.size()), 4);
  }

  // Where the next block begins, once those before it are written.
  std::size_t end_refs() {
    if (!records_.empty()) end_block();
    return file_.size();
  }

 private:
  [[nodiscard]] std::size_t skipped() const { return file_.size() == header_.size() ? header_.size() : 0; }
  [[nodiscard]] std::size_t size_with(std::size_t more) const {
    return skipped() + 4 + records_.size() + more + 3 * (restarts_.size() + 1) + 2;
  }

  std::string encode(const written_record& r, bool whole) {
    shared_ = 0;
    while (!whole && shared_ < last_.size() && shared_ < r.name.size() && last_[shared_] == r.name[shared_]) ++shared_;
    const bool has_id = r.value && r.value->id;
    const unsigned type = !r.value ? 0 : !has_id ? 3 : r.peeled ? 2 : 1;
    std::string out = reftable_varint(shared_) + reftable_varint((r.name.size() - shared_) << 3 | type);
    out += r.name.substr(shared_) + reftable_varint(3);
    if (has_id) out += as_text(r.value->id->view());
    if (r.peeled) out += as_text(r.peeled->view());
    if (type == 3) out += reftable_varint(r.value->target.size()) + r.value->target;
    return out;
  }

  void end_block() {
    std::string block = records_;
    for (const std::size_t r : restarts_) block += be(r, 3);
    block += be(restarts_.size(), 2);
    file_ += "r" + be(skipped() + 4 + block.size(), 3) + block;
    records_.clear();
    restarts_.clear();
  }
  void pad() {
    if (how_.block_size != 0) file_.resize((file_.size() + how_.block_size - 1) / how_.block_size * how_.block_size);
  }

  options how_;
  std::string header_, file_;
  std::string records_, last_;  // of the block that is begun
  std::vector<std::size_t> restarts_;
  std::size_t shared_ = 0, since_restart_ = 0;
};

// `table` with the footer's copy of the header and its checksum as they must be.
inline std::string resealed(std::string table) {
  if (table.size() < 24 + 68) return table;
  const std::size_t header = table[4] == 2 ? 28 : 24;
  const std::size_t footer = header + 44;
  if (table.size() < header + footer) return table;
  const std::size_t at = table.size() - footer;
  table.replace(at, header, table.substr(0, header));
  const std::uint32_t crc = libdeflate_crc32(0, table.data() + at, footer - 4);
  table.replace(table.size() - 4, 4, be(crc, 4));
  return table;
}

}  // namespace docteur
