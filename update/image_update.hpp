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
#include "remote/http_options.hpp"
#include "remote/range_client.hpp"
#include "update/known_parts.hpp"

namespace docteur {

struct update_source {
  device image;       // the old image, or anything else: nothing of it is trusted
  std::string shown;  // its name in messages, printable
};

// An image on a web server. Update packs lie beside it.
struct served_image {
  std::string url;
  http_options http;
};

enum class update_way { whole, ranges, pack };

struct update_report {
  update_way way = update_way::whole;
  // Why nothing was taken from the old image, one printable line; empty: something was.
  std::string why_nothing;
  std::string bad_pack;             // why an update pack was of no use, likewise
  std::string no_pack;              // or why none came
  std::uint64_t pack_bytes = 0;     // of the pack that the image was made with
  http_counters pack_counters;      // of the requests for a pack
  std::uint64_t reused_bytes = 0;   // of zlib streams of the old image, and of those made of its objects
  std::uint64_t remade_bytes = 0;   // of the latter
  std::uint64_t resumed_bytes = 0;  // that were in the partial file before
  bool was_changed = false;         // there was a partial file of another version
  std::uint64_t wrong_blocks = 0;   // blocks that were put together and are not the image's: they count as missing
  known_parts known;                // of the image: the head of 4 KiB first, and what else was fetched with it
};

// Fills the partial file of `target` (remote/partial_file.hpp) with blocks of the image that `client`'s server has.
//
// With an update pack, if `packs` is there and the server has the one from the old image to its own: fetches header,
// table and digest section, whose digest names the pack (update/pack_update.hpp). A partial file in which blocks of the
// image are already goes on without a pack, unless one was begun.
//
// Else by ranges: fetches also sections and IDX, then in merged ranges the zlib streams that the old image lacks, and
// takes the others from there.
//
// Each block that was made was compared with the digest section before it counts. What is missing afterwards
// image_download fetches, with the same client. `client`: of image_download::connect(). `pin`: the digest that the
// image must have. `shown`: its name in messages.
//
// Where the old image is of no use, or the new one does not have the sections for this, the report says so, and what
// was fetched is kept. Fails with blame::environment when a range does not come, a file cannot be written or `report`
// says to stop, as partial_file::open() and range_client do, and as load_pinned() does if it is another image than
// `pin`.
[[nodiscard]] outcome<update_report> update_partial_file(range_client& client, const std::filesystem::path& target,
                                                         const update_source& from,
                                                         const std::optional<served_image>& packs,
                                                         const std::optional<oid>& pin, const std::string& shown,
                                                         progress& report);

}  // namespace docteur
