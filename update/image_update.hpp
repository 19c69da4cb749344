#pragma once
// An image on a server from an older one that is here: the first part of a download, which leaves less to fetch.
// Hosted.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"
#include "remote/range_client.hpp"

namespace docteur {

struct update_source {
  device image;       // the old image, or anything else: nothing of it is trusted
  std::string shown;  // its name in messages, printable
};

struct update_report {
  // Why nothing was taken from the old image, one printable line; empty: something was.
  std::string why_nothing;
  std::uint64_t reused_bytes = 0;   // of zlib streams of the old image
  std::uint64_t resumed_bytes = 0;  // that were in the partial file before
  bool was_changed = false;         // there was a partial file of another version
  std::uint64_t wrong_blocks = 0;   // blocks that were put together and are not the image's: they count as missing
};

// Fills the partial file of `target` (remote/partial_file.hpp) with blocks of the image that `client`'s server has:
// fetches header, table, sections and IDX, then in merged ranges the zlib streams that the old image lacks, and takes
// the others from there. Each block with bytes of the old image was compared with the digest section before it counts.
// What is missing afterwards image_download fetches, with the same client. `client`: of image_download::connect().
// `pin`: the digest that the image must have. `shown`: its name in messages.
//
// Where the old image is of no use, or the new one does not have the sections for this, the report says so, and what
// was fetched is kept. Fails with blame::environment when a range does not come, a file cannot be written or `report`
// says to stop, as partial_file::open() and range_client do, and as load_pinned() does if it is another image than
// `pin`.
[[nodiscard]] outcome<update_report> update_partial_file(range_client& client, const std::filesystem::path& target,
                                                         const update_source& from, const std::optional<oid>& pin,
                                                         const std::string& shown, progress& report);

}  // namespace docteur
