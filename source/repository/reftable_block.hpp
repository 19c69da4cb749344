#pragma once
// Ref blocks of a reftable (Git's Documentation/technical/reftable, "Ref block format"):
//
//   'r'  u24 block_len  ref_record+  u24 restart_offset+  u16 restart_count
//
// Hosted.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "object/bytes.hpp"
#include "source/repository/references.hpp"

namespace docteur {

// One record of a table.
struct reftable_record {
  std::string_view name;                 // not empty, no NUL in it; valid during the call
  std::optional<reference_value> value;  // nothing: the reference was deleted
};
using reftable_visitor = std::function<void(const reftable_record&)>;

struct reftable_block {
  bytes content;        // block_len bytes, with the file's header in the first block; no padding
  std::uint64_t at;     // of content[0] in the file
  std::size_t skipped;  // bytes of the file's header in front of 'r'; 0 in all blocks but the first
};

// Visits the references of `block` in the order of their names. `last` is the last name of the block before, empty for
// the first block, and becomes the last name of this one. Names must ascend strictly. Each restart must be at a record
// that shares nothing with the one before, the first restart at the first record. Records must end where the restarts
// begin. Errors have offsets in the file; some references may have been visited before.
[[nodiscard]] result<done> read_reftable_block(const reftable_block& block, hash_kind kind, std::string& last,
                                               const reftable_visitor& visit);

}  // namespace docteur
