#pragma once
// Verifies an image: every byte of it is accounted for (doc/FORMAT.md). Hosted, all cores.
//
// No part of the image is trusted, and no index in it is used where it could hide a fault: ids are computed from
// content, bases of deltas are found by computed ids, and the image's own sections and IDX are computed and compared.
//
// The reader (reader/) reads all of an image that passes: every object, by every path. If there is no remark either,
// git accepts it, too: `git index-pack --strict --fsck-objects` the PACK, `git fsck --strict` the repository that
// docteur-extract --bare makes. What git refuses in the storage of objects, in PACK or IDX, is a fault. What git's fsck
// reports of the content of objects is a remark if readers, including git, read the object anyway.
//
// Memory: about 100 bytes for each object of the PACK, 24 for each entry of its trees, the IDX, and for each thread the
// current object and the bases that its family of deltas still needs, whose number is at most the logarithm of the
// number of deltas. One thread at a time holds objects over 16 MiB. Blobs of limits::streamed_blob and more that are no
// bases are never held whole.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layout/section_table.hpp"
#include "object/commit.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "proof/file_list.hpp"
#include "reader/limits.hpp"

namespace docteur {

struct verify_options {
  limits bounds;
  unsigned threads = 0;                               // 0: one per core
  std::size_t faults = 100;                           // the most that are reported; all are counted
  std::uint64_t held_bytes = std::uint64_t{4} << 30;  // the most for all bases of one family of deltas
  // Is shown each blob that is rebuilt whole, with its id, by many threads at once. May be empty.
  std::function<void(const oid& id, bytes content)> see_blob = {};
};

struct fault {
  errc code;
  std::uint64_t at;  // bytes from the start of the image
  std::string what;
};

// An annotated tag that leads to the image's commit (layout/tag_section.hpp).
struct tag_object {
  oid id;
  std::string content;  // empty if it is missing or damaged
};

// One of the commits of an image (layout/versions_section.hpp).
struct verified_version {
  std::string name;
  std::string reference;  // may be empty
  oid commit;
  std::string commit_content;    // empty if the commit object is missing or damaged
  std::vector<tag_object> tags;  // that lead to the commit
  std::uint64_t paths = 0;       // in the commit's tree

  // As verify_report::head().
  [[nodiscard]] std::optional<commit_view> head() const noexcept {
    const auto view = parse_commit(as_bytes(commit_content), commit.kind());
    return view ? std::optional(*view) : std::nullopt;
  }
};

// The older image that this one was made from (layout/origin_section.hpp).
struct verified_origin {
  oid digest;
  std::uint32_t steps;
  std::uint64_t first_pack;     // bytes of the PACK of the image that was made anew
  std::uint64_t first_content;  // bytes of content of its objects
  std::string options;
};

// The signed list of files (layout/list_section.hpp).
struct verified_list {
  list_statement statement;
  list_signature_kind signature_kind;
  std::vector<std::byte> signature;  // not checked
};

struct verify_report {
  oid commit;                              // that of the image header
  std::string commit_content;              // empty if the commit object is missing or damaged
  std::vector<tag_object> tags;            // in the order of the tag section
  std::vector<verified_version> versions;  // in the order of the versions section
  std::optional<section_table> sections;
  std::optional<verified_origin> origin;
  std::optional<verified_list> list;  // if there is one and it is right
  // The SHA-256 of the digest section, if there is one and it is right (layout/digest_section.hpp).
  std::optional<oid> digest;
  std::uint64_t image_size = 0;            // bytes, without what follows the image on the device
  std::uint64_t pack_size = 0;             // bytes, with the trailer
  std::array<std::uint64_t, 5> objects{};  // by object_type
  std::uint64_t content_bytes = 0;         // of all objects
  std::uint64_t deltas = 0;
  std::uint32_t depth = 0;    // deltas in the longest chain
  std::uint64_t paths = 0;    // in the commit's tree
  std::vector<fault> faults;  // those of the lowest offsets, in ascending order
  std::uint64_t fault_count = 0;
  std::vector<std::string> remarks;  // what is unusual, but no fault

  [[nodiscard]] bool good() const noexcept { return fault_count == 0; }
  // A view of commit_content, valid as long as that; nullopt if it is no commit.
  [[nodiscard]] std::optional<commit_view> head() const noexcept {
    const auto view = parse_commit(as_bytes(commit_content), commit.kind());
    return view ? std::optional(*view) : std::nullopt;
  }
};

// Verifies the image on a device. Its faults are in the result, which is the same for any number of threads. Fails only
// (blame::environment) if the device cannot be read or `report` says to stop. Throws std::bad_alloc.
[[nodiscard]] outcome<verify_report> verify_image(const device& image, const verify_options& options, progress& report);

}  // namespace docteur
