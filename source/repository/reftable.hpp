#pragma once
// One table of references (Git's Documentation/technical/reftable, "File format"):
//
//   header  ref block*  ref index*  object block*  object index*  log block*  log index*  footer
//
// Hosted.

#include "source/objects/table_file.hpp"
#include "source/repository/reftable_block.hpp"

namespace docteur {

// Visits all references of the table in the order of their names. Header, footer and every ref block are checked;
// indexes, object blocks and log blocks are passed over. `kind`: that of the repository; a table of the other kind is
// refused. Memory holds one block at a time, less than 16 MiB, or the whole file where table_file holds that.
// Failures continue "<file> ..."; some references may have been visited before.
[[nodiscard]] object_result<void> read_reftable(const table_file& file, hash_kind kind, const reftable_visitor& visit);

}  // namespace docteur
