#pragma once
// Writes a PACK version 2 (`git help gitformat-pack`) of the objects of one commit. Hosted.
//
// Entry order: commit, tags, trees depth-first, then blobs in path order, every base before its deltas; OFS deltas
// only. The same source content and options give the same bytes, for any number of threads.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/idx_entry.hpp"
#include "object/progress.hpp"
#include "pack/effort.hpp"
#include "pack/object_source.hpp"

namespace docteur {

struct pack_options {
  unsigned threads = 0;  // 0: as many as the machine has cores
  effort how = effort::normal;
  purpose what_for = purpose::balance;
  unsigned max_depth = 4;                   // deltas on the way to any object; trees at most 59 (OCaml docteur's bound)
  std::uint64_t memory = 1u << 30;          // bytes that planning may use, about
  std::uint64_t large_blob = 8u << 20;      // bytes: a blob this large or larger is streamed, unless a delta or a base
  std::uint64_t largest_delta = 16u << 20;  // bytes: a blob this large or larger is never a delta nor a base
  std::uint32_t restart_interval = 128u << 10;  // bytes of content between zlib full flushes of a large blob
  std::filesystem::path spool_directory;        // for an unnamed temporary file; empty: the system's
};

// Where reading can start inside a large blob. doc/FORMAT.md, "Restart section".
struct restart_points {
  std::uint64_t offset;    // of the entry, from the start of the PACK
  std::uint64_t size;      // bytes of content
  std::uint32_t interval;  // bytes of content between points
  bool stored;             // zlib stored blocks of exactly 32,768 content bytes (the last shorter): no list needed
  std::vector<std::uint64_t> points;  // point i (1-based in content: i * interval): bytes from the start of the zlib
                                      // stream to the deflate block that begins there; point 0 (= 2) is not listed
};

struct pack_statistics {
  std::uint64_t content_bytes = 0;  // of all objects
  std::uint64_t delta_entries = 0;
  std::uint64_t stored_entries = 0;
  unsigned deepest = 0;
};

struct written_pack {
  std::vector<idx_entry> entries;        // in PACK order
  std::vector<restart_points> restarts;  // in PACK order, large blobs only
  oid checksum;                          // the PACK's trailer
  std::uint64_t size = 0;                // bytes, trailer included
  pack_statistics statistics;
};

[[nodiscard]] outcome<written_pack> write_pack(const object_source& source, byte_sink& out, const pack_options& options,
                                               progress& report);

}  // namespace docteur
