#pragma once
// Finds the entries of the PACK and checks them all. Hosted.

#include <optional>
#include <string>
#include <vector>

#include "layout/section_table.hpp"
#include "verify/findings.hpp"
#include "verify/loaded_idx.hpp"
#include "verify/oddities.hpp"
#include "verify/pack_entry.hpp"
#include "verify/resolve.hpp"
#include "verify/special_files.hpp"
#include "verify/verify.hpp"

namespace docteur {

// What the frame of the image (header, section table, PACK header) says of its PACK.
struct pack_frame {
  oid commit;
  std::uint32_t count = 0;            // objects, by the PACK header
  std::uint64_t limit = 0;            // PACK offset where entries end at the latest
  bool limit_is_end = false;          // the trailer begins exactly there
  const section* restarts = nullptr;  // the restart section, if there is one
  const section* entries = nullptr;   // the entry section, if there is one
  std::vector<oid> wanted;            // commits and tags whose content is wanted, each once
  bool hash_content = false;          // fill pack_examination::content_hashes
  const loaded_idx* index = nullptr;  // nullptr if IDX cannot be used
  std::uint64_t idx_offset = 0;       // in the image
};

struct pack_examination {
  explicit pack_examination(std::size_t most_faults) : found(most_faults) {}

  findings found;
  oddities odd;
  std::vector<special_file> special_files;  // named by trees
  scanned_pack pack;
  resolved_pack resolved;
  std::vector<std::string> contents;  // of pack_frame::wanted; empty where an object is missing or damaged
  std::vector<oid> content_hashes;    // of each entry that is a blob, the SHA-256 of its content
  bool edges_are_complete = true;     // object_check.hpp
  bool is_complete = true;            // all entries were found, and `end` is where the trailer begins
  std::uint64_t end = 0;              // PACK offset behind the last entry
};

// Examines the PACK. Entries are first taken from IDX, because then damage in one entry does not hide others. If they
// are not back to back, IDX may be at fault: then entries are found by inflating one after the other, and that result
// counts if it reaches the end. Where the entry section says what the headers of entries are, the PACK is scanned and
// its objects are resolved side by side; if anything is wrong then, all is done once more, one after the other. Fails
// (blame::environment) if the device cannot be read or `report` says to stop.
[[nodiscard]] outcome<std::unique_ptr<pack_examination>> examine_pack(const device& d, const pack_frame& frame,
                                                                      const verify_options& options, progress& report);

}  // namespace docteur
