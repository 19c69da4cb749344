#pragma once
// Says how each entry of the new PACK is made: the counterpart of entry_rebuilder. One thread. Hosted.

#include <unordered_map>
#include <vector>

#include "object/progress.hpp"
#include "update/packs/batch_writer.hpp"
#include "update/packs/entry_rebuilder.hpp"
#include "update/packs/image_side.hpp"

namespace docteur {

// How many entries, and bytes of their streams, travel in which way.
struct update_statistics {
  std::uint64_t copied = 0;
  std::uint64_t rebuilt = 0;
  std::uint64_t raw = 0;
  std::uint64_t copied_bytes = 0;
  std::uint64_t rebuilt_bytes = 0;
  std::uint64_t raw_bytes = 0;
};

class entry_differ {
 public:
  // All must outlive this. `codecs`: what choose_codecs() returned for the new image.
  entry_differ(image_side& old_side, image_side& new_side, const update_codecs& codecs, batch_writer& out);

  [[nodiscard]] outcome<void> run(progress& report);
  [[nodiscard]] const update_statistics& statistics() const noexcept { return statistics_; }

 private:
  // How content is given, and the size that it probably adds to the pack.
  struct given {
    content_kind how = content_kind::plain;
    std::uint32_t place = kNoPackEntry;  // old, or of from_new new
    std::vector<std::byte> copies;
    std::vector<std::byte> literals;
    std::uint64_t cost = 0;
  };

  [[nodiscard]] std::uint32_t find_copy(std::uint32_t i) const;
  [[nodiscard]] std::uint32_t find_relative(std::uint32_t i) const;
  [[nodiscard]] outcome<void> take(std::uint32_t i);
  [[nodiscard]] outcome<void> copy(std::uint32_t i, std::uint32_t k);
  [[nodiscard]] outcome<void> end_run();
  [[nodiscard]] outcome<bool> make(std::uint32_t i);
  // Whether deflating anew would take too long for the bytes that it saves.
  [[nodiscard]] bool is_too_slow(std::uint32_t i, entry_kind_in_update kind, std::size_t deflated,
                                 std::uint64_t cost) const;
  [[nodiscard]] outcome<void> raw(std::uint32_t i);
  [[nodiscard]] outcome<given> give(std::uint32_t i, const pack_contents::content& what);
  [[nodiscard]] outcome<void> try_against(std::uint32_t i, const pack_contents::content& what, content_kind how,
                                          std::uint32_t place, given& best);
  [[nodiscard]] outcome<void> put_made(std::uint32_t i, entry_kind_in_update kind, const given& content,
                                       std::size_t size);
  // How the stream of an entry is made of its object's content.
  [[nodiscard]] outcome<std::optional<entry_kind_in_update>> reproduce(std::uint32_t i,
                                                                       const pack_contents::content& what);
  [[nodiscard]] outcome<std::optional<entry_kind_in_update>> reproduce_whole(bytes what);
  void put_header(std::uint32_t i);
  [[nodiscard]] std::uint8_t base_flag(std::uint32_t i, std::uint32_t like) const;
  void put_base(std::uint32_t i, std::uint8_t flags);

  image_side& old_;
  image_side& new_;
  batch_writer& out_;
  update_codecs codecs_;
  entry_guess guess_;
  stream_maker streams_;
  copy_encoder copies_;
  pack_contents::content copy_base_;  // of copies_
  std::unordered_map<stream_key, std::uint32_t, stream_key_hash> by_key_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_path_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_name_;
  std::uint32_t run_first_ = 0;  // old entry
  std::uint32_t run_count_ = 0;
  std::uint32_t run_expected_ = 0;
  std::vector<std::byte> stream_;
  std::vector<std::byte> inflated_;
  update_statistics statistics_;
};

// Finds out how the streams of an image were made, from samples.
[[nodiscard]] outcome<update_codecs> choose_codecs(image_side& of);

}  // namespace docteur
