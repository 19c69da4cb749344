#pragma once
// Makes the entries of the new PACK from an update pack and the old image. One thread. Hosted.
//
// Nothing of the pack is trusted: positions are compared with what there is, sizes with the limits in update_pack.hpp
// before memory is taken, and no byte is written behind the PACK's stated end.

#include <optional>
#include <vector>

#include "host/pack_contents.hpp"
#include "object/hasher.hpp"
#include "object/idx_entry.hpp"
#include "object/progress.hpp"
#include "pack/compressor.hpp"
#include "pack/delta_encoder.hpp"
#include "pack/segment_deflater.hpp"
#include "update/packs/copy_code.hpp"
#include "update/packs/entry_guess.hpp"
#include "update/packs/pack_frame.hpp"
#include "update/packs/update_target.hpp"

namespace docteur {

// The streams that docteur-make would write, made anew. One object per thread.
class stream_maker {
 public:
  explicit stream_maker(const update_codecs& how) : how_(how), deltas_(how.delta_level), wholes_(how.whole_level) {}

  // Views are valid until the next call. `content` of a delta are its instructions.
  [[nodiscard]] bytes deflate(bytes content, bool is_delta);
  [[nodiscard]] bytes store(bytes content);
  [[nodiscard]] outcome<bytes> large(bytes content);
  // The instructions that make `target` from the object `place`, whose content is `base`; empty if there are none.
  [[nodiscard]] bytes instructions(std::uint32_t place, const pack_contents::content& base, bytes target);

 private:
  update_codecs how_;
  compressor deltas_;
  compressor wholes_;
  std::optional<segment_deflater> segments_;
  delta_encoder encoder_;
  pack_contents::content base_;  // of encoder_
  std::uint32_t base_place_ = kNoPackEntry;
  std::vector<std::byte> delta_;
  std::vector<std::byte> segment_;
  std::vector<std::byte> out_;
};

class entry_rebuilder {
 public:
  // All must outlive this. `old_entries` has as many entries as the header says.
  entry_rebuilder(const update_header& header, const device& old_image, const pack_entries& old_entries,
                  frame_reader& in, update_target& out);

  // Writes the PACK up to its trailer. Fails with blame::input if the pack is damaged.
  [[nodiscard]] outcome<void> run(progress& report);

  [[nodiscard]] const std::vector<pack_place>& places() const noexcept { return places_; }
  // With the offsets and CRC-32s of the entries, in the order of the PACK; the ids are still to come.
  [[nodiscard]] std::vector<idx_entry>& entries() noexcept { return entries_; }
  [[nodiscard]] pack_contents& contents() noexcept { return new_contents_; }
  [[nodiscard]] oid checksum() { return hash_.finish(); }

 private:
  [[nodiscard]] outcome<void> batch(std::uint64_t entries, progress& report);
  [[nodiscard]] outcome<void> record(number_reader& control, number_reader& copies);
  [[nodiscard]] outcome<void> copy(number_reader& control, std::uint8_t tag, std::uint32_t k);
  [[nodiscard]] outcome<void> copy_stream(const pack_place& from);
  [[nodiscard]] outcome<void> made(number_reader& control, number_reader& copies, std::uint8_t tag);
  [[nodiscard]] outcome<void> raw(number_reader& control, std::uint8_t tag);
  [[nodiscard]] outcome<pack_contents::content> content(number_reader& control, number_reader& copies,
                                                        std::uint32_t& old_place);
  // Sets type and base of the next entry: `like` is the old entry whose base would be guessed.
  [[nodiscard]] outcome<pack_place> head(number_reader& control, std::uint8_t tag, entry_type type, std::uint32_t like);
  [[nodiscard]] outcome<void> begin(pack_place place);
  [[nodiscard]] outcome<void> begin_with_header(pack_place place, bytes header);
  [[nodiscard]] outcome<pack_place> whole_header(number_reader& control, std::vector<std::byte>& header);
  void end();
  [[nodiscard]] outcome<void> write(bytes data);
  [[nodiscard]] std::uint32_t next() const noexcept { return static_cast<std::uint32_t>(places_.size()); }

  update_header header_;
  const pack_entries& old_;
  device old_image_;
  frame_reader& in_;
  update_target& out_;
  pack_contents old_contents_;
  std::vector<pack_place> places_;
  pack_contents new_contents_;
  entry_guess guess_;
  stream_maker streams_;
  std::vector<idx_entry> entries_;
  hasher hash_;
  std::uint64_t position_ = 0;  // in the PACK
  std::uint32_t crc_ = 0;
  std::vector<std::byte> piece_;
};

}  // namespace docteur
