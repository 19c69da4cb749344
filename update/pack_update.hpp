#pragma once
// An update pack that lies beside the image on its server: fetched, and applied to a partial file. Hosted.
//
// The pack is fetched as an image is, into TARGET.dpk.partial, so that whoever is ended goes on.

#include <cstdint>
#include <filesystem>
#include <string>

#include "host/image_digests.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "remote/http_options.hpp"
#include "remote/partial_file.hpp"
#include "remote/range_client.hpp"
#include "update/known_parts.hpp"

namespace docteur {

struct pack_update {
  std::string url;               // of the pack
  http_options http;             // how the server is spoken to
  device old_image;              // nothing of it is trusted
  std::string old_shown;         // its name in messages, printable
  const known_parts& known;      // of the server's image: its head and its digest section
  const image_digests& digests;  // of all of it
  std::filesystem::path target;  // the file that the image will be
};

struct pack_report {
  bool is_done = false;             // the partial file is complete
  std::string why_not;              // a fault of the pack, one printable line
  std::string none;                 // or why none came, likewise
  std::uint64_t pack_bytes = 0;     // its size, once it is known
  std::uint64_t resumed_bytes = 0;  // of it that were here before
  http_counters counters;           // of the requests for it
};

// The address of the pack that makes of the image of digest `old_digest` the one at `url`, which has `new_digest`.
[[nodiscard]] std::string update_pack_url(const std::string& url, const oid& old_digest, const oid& new_digest);

// Whether there may be part of a pack for `target` to go on with.
[[nodiscard]] bool is_pack_begun(const std::filesystem::path& target);
// Removes what there is of it.
void discard_pack(const std::filesystem::path& target);

// Asks for the pack, once if it is not there, and fills `file` with what it makes: blocks that are not the server's
// image stay missing. The report says what became of it; of a pack that was not fetched whole, what came is kept. Fails
// with blame::environment only if `report` says to stop.
[[nodiscard]] outcome<pack_report> apply_pack_beside(const pack_update& update, partial_file& file, progress& report);

}  // namespace docteur
