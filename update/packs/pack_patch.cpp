#include "update/packs/pack_patch.hpp"

#include <array>

#include "host/whole_sha256.hpp"
#include "update/packs/tail_rebuilder.hpp"

namespace docteur {

outcome<update_header> read_update_header(byte_stream& pack) {
  update_header_bytes head;
  std::size_t got = 0;
  while (got < head.size()) {
    DOCTEUR_TRY(n, pack.read(mutable_bytes(head).subspan(got)));
    if (n == 0) break;
    got += n;
  }
  return decode_update_header(bytes(head).first(got));
}

outcome<device> check_old_image(const device& old_image, const update_header& header, const std::string& shown,
                                progress& report) {
  device part = old_image;
  part.size = header.old_size;
  if (header.old_size <= old_image.size) {
    DOCTEUR_TRY(digest, whole_sha256(part, shown, report));
    if (digest == header.old_sha256) return part;
  }
  return give_up(blame::input, shown + ": not the image that this update is for");
}

outcome<void> apply_update(const device& old_image, const update_header& header, byte_stream& pack, update_target& out,
                           progress& report) {
  DOCTEUR_TRY(entries, load_pack_entries(old_image, "the old image"));
  if (entries.places.size() != header.old_entries) return damaged_update("number of entries");
  frame_reader frame(pack);
  entry_rebuilder rebuilder(header, old_image, entries, frame, out);
  DOCTEUR_CHECK(rebuilder.run(report));
  return tail_rebuilder(header, old_image, rebuilder, frame, out).run(report);
}

}  // namespace docteur
