#pragma once
// Writes the objects of one commit as a PACK of version 2 (`git help gitformat-pack`). Hosted.
//
// Entries are in canonical order (object_source.hpp), except that every base comes before its deltas. All deltas are
// OFS deltas. The same content and options give the same bytes with any number of threads.
//
// With entries of an older PACK (pack_options::kept), these are copied, and only the other objects are planned: against
// all objects, or, if they are few, against those that stand near them by name or that the older PACK suggests.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/idx_entry.hpp"
#include "object/progress.hpp"
#include "pack/effort.hpp"
#include "pack/entry.hpp"
#include "pack/kept_entries.hpp"
#include "pack/object_source.hpp"
#include "pack/restart_points.hpp"

namespace docteur {

inline constexpr unsigned kDeepestChain = 59;  // deltas: OCaml docteur reads no deeper trees (doc/FORMAT.md, "PACK")

struct pack_options {
  unsigned threads = 0;  // 0: one per core
  docteur::effort effort = docteur::effort::normal;
  docteur::purpose purpose = docteur::purpose::balance;
  unsigned max_depth = 4;                   // deltas on the way to any object; kDeepestChain at most
  std::uint64_t memory = 1u << 30;          // bytes, about, that planning may use
  std::uint64_t large_blob = 8u << 20;      // bytes: a blob this large or larger is streamed if it is no delta or base
  std::uint64_t largest_delta = 16u << 20;  // bytes: a blob this large or larger is never a delta or base
  std::uint32_t restart_interval = 128u << 10;  // bytes of content between zlib full flushes of a large blob
  std::filesystem::path spool_directory;        // for the temporary file; empty: the system's
  const kept_entries* kept = nullptr;           // what is taken from an older PACK, of the same source; null: nothing
};

struct pack_statistics {
  std::uint64_t content_bytes = 0;  // of all objects
  std::uint64_t delta_entries = 0;
  std::uint64_t stored_entries = 0;
  std::uint64_t kept_entries = 0;  // taken from an older PACK
  std::uint64_t kept_bytes = 0;    // of their zlib streams
  unsigned deepest = 0;            // deltas in the longest chain
};

struct written_pack {
  std::vector<idx_entry> entries;        // in PACK order
  std::vector<entry_outline> outlines;   // of these entries
  std::vector<restart_points> restarts;  // in PACK order, large blobs only
  oid checksum;                          // in the PACK's trailer
  std::uint64_t size = 0;                // bytes, with the trailer
  pack_statistics statistics;
};

// Writes the PACK of all objects of `source` to `out`. Fails when the source, `out` or the temporary file does, when
// content does not match its id (blame::input), when memory runs out, or when `report` says to stop; what `out` got is
// then of no use. Usage errors: a `restart_interval` or `large_blob` of zero.
[[nodiscard]] outcome<written_pack> write_pack(const object_source& source, byte_sink& out, const pack_options& options,
                                               progress& report);

}  // namespace docteur
