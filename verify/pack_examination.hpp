#pragma once
// Where the entries of the PACK are, and all of them checked. Hosted.

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

// What the frame of the image says about its PACK.
struct pack_frame {
  oid commit;
  std::uint32_t count = 0;            // objects, as its header says
  std::uint64_t limit = 0;            // PACK offset that no entry passes
  bool limit_is_end = false;          // the trailer begins exactly there
  const section* restarts = nullptr;  // the restart section, if there is one
  std::vector<oid> kept;              // objects whose content is wanted besides: tags
  const loaded_idx* index = nullptr;  // nullptr when IDX cannot be used
  std::uint64_t idx_offset = 0;       // of the image
};

struct pack_examination {
  explicit pack_examination(std::size_t keep) : found(keep) {}

  findings found;
  oddities odd;
  std::vector<special_file> special_files;  // that its trees name
  scanned_pack pack;
  resolved_pack resolved;
  std::string commit_content;
  std::vector<std::string> kept;  // content of pack_frame::kept; empty where there is none
  bool edges_are_complete = true;
  bool is_complete = true;  // all entries were found, and `end` is where the trailer begins
  std::uint64_t end = 0;    // PACK offset behind the last entry
};

// First with the offsets that IDX gives: then damage in one entry hides no other. When entries are not back to back
// so, IDX may be to blame: then by inflating one entry after the other, if that goes through to the end.
[[nodiscard]] outcome<std::unique_ptr<pack_examination>> examine_pack(const device& d, const pack_frame& frame,
                                                                      const verify_options& options, progress& watch);

}  // namespace docteur
