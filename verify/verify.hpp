#pragma once
// Checks that an image is what it claims to be: every byte is accounted for (doc/FORMAT.md). Hosted, all cores.
//
// Nothing of the image is believed, and no index of it is used where it could hide a fault: ids are computed from
// content, the bases of deltas found by computed ids, own sections and IDX made anew and compared.
//
// What passes, image and image_reader read, whole: every object, by every path. What passes without a remark, git
// takes: `git index-pack --strict --fsck-objects` of the PACK, `git fsck --strict` of the repository that
// docteur-extract --bare makes of it. How objects are stored in PACK and IDX is a fault where git refuses it; what is
// in them is a remark where readers, git's own among them, read it all the same.
//
// Memory: about 100 bytes for each object of the PACK, 24 for each entry of its trees, the IDX, and for each thread the
// object in hand with the bases that others still need: at most the logarithm of the number of their deltas. Objects
// over 16 MiB are held by one thread at a time; blobs of limits::streamed_blob and more that no delta needs are never
// held whole.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layout/section_table.hpp"
#include "object/commit.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "reader/limits.hpp"

namespace docteur {

struct verify_options {
  limits bounds;
  unsigned threads = 0;                               // 0: as many as the machine has cores
  std::size_t faults = 100;                           // how many are reported; all are counted
  std::uint64_t held_bytes = std::uint64_t{4} << 30;  // of bases that one family of deltas needs at once
};

struct fault {
  errc code;
  std::uint64_t at;  // bytes from the start of the image
  std::string what;
};

// An annotated tag by which the image's commit was asked for (layout/tag_section.hpp).
struct tag_object {
  oid id;
  std::string content;  // empty when it is not there or damaged
};

struct verify_report {
  oid commit;                    // as the header says
  std::string commit_content;    // of the commit object; empty when it is not there or damaged
  std::vector<tag_object> tags;  // the one that was named first
  std::optional<section_table> sections;
  std::uint64_t image_size = 0;            // bytes, what is behind the image on the device left out
  std::uint64_t pack_size = 0;             // bytes, trailer included
  std::array<std::uint64_t, 5> objects{};  // by object_type
  std::uint64_t content_bytes = 0;         // of all objects
  std::uint64_t deltas = 0;
  std::uint32_t depth = 0;    // deltas of the longest chain
  std::uint64_t paths = 0;    // that the commit's tree leads to
  std::vector<fault> faults;  // those of the lowest offsets, in ascending order
  std::uint64_t fault_count = 0;
  std::vector<std::string> remarks;  // true and worth knowing, but no fault

  [[nodiscard]] bool good() const noexcept { return fault_count == 0; }
  // A view of commit_content; nullopt when that is no commit.
  [[nodiscard]] std::optional<commit_view> head() const noexcept {
    const auto view = parse_commit(as_bytes(commit_content), commit.kind());
    return view ? std::optional(*view) : std::nullopt;
  }
};

// Fails only when the environment does: the device cannot be read (blame::environment), or `watch` is cancelled. What
// is wrong with the image is in the report, the same for any number of threads.
[[nodiscard]] outcome<verify_report> verify_image(const device& image, const verify_options& options, progress& watch);

}  // namespace docteur
