#pragma once
// Makes what follows the entries of the new PACK: its trailer, the sections, IDX, and the zeros between. Hosted.

#include <optional>
#include <vector>

#include "update/packs/entry_rebuilder.hpp"
#include "update/packs/tree_order.hpp"

namespace docteur {

// Where the id of an entry's object comes from.
enum class id_kind : std::uint8_t {
  computed = 0,  // from its content
  listed = 1,    // from the trees: blobs in the order of their paths
  literal = 2,   // from the literals
};

// The ids of blobs and links that the trees of a commit list, each once, in order; and how many paths there are.
struct listed_ids {
  std::vector<oid> blobs;
  std::vector<oid> trees;
  std::uint64_t paths = 0;
};
[[nodiscard]] outcome<listed_ids> list_ids(tree_order order, std::uint32_t commit, const progress& report);

// Returns the content of the path section of an image whose entries, with ids, are `entries`. `trees`: those of
// listed_ids. `place_of`: the places of the commit and of trees by id.
[[nodiscard]] outcome<std::vector<std::byte>> rebuild_path_section(std::span<const idx_entry> entries,
                                                                   const oid& commit, std::span<const oid> trees,
                                                                   const tree_order& order, const progress& report);

class tail_rebuilder {
 public:
  // All must outlive this.
  tail_rebuilder(const update_header& header, const device& old_image, entry_rebuilder& pack, frame_reader& in,
                 update_target& out)
      : header_(header), old_image_(old_image), pack_(pack), in_(in), out_(out) {}

  // Writes the rest of the image and completes it. Fails with blame::input if the pack is damaged.
  [[nodiscard]] outcome<void> run(progress& report);

 private:
  [[nodiscard]] outcome<void> read_ids(number_reader& control, const progress& report);
  [[nodiscard]] outcome<void> take_run(number_reader& control);
  [[nodiscard]] outcome<void> list(const progress& report);
  [[nodiscard]] outcome<bool> record(number_reader& control, number_reader& copies, const progress& report);
  [[nodiscard]] outcome<void> zeros(std::uint64_t count);
  [[nodiscard]] outcome<void> literal(std::uint64_t count);
  [[nodiscard]] outcome<void> difference(number_reader& control, number_reader& copies);
  [[nodiscard]] outcome<void> paths(const progress& report);
  [[nodiscard]] outcome<void> digests();
  [[nodiscard]] outcome<void> idx();
  [[nodiscard]] outcome<void> write(bytes data);
  [[nodiscard]] tree_order order();

  update_header header_;
  device old_image_;
  entry_rebuilder& pack_;
  frame_reader& in_;
  update_target& out_;
  std::uint64_t position_ = 0;                                   // in the image
  oid checksum_;                                                 // of the PACK
  std::uint32_t commit_ = 0;                                     // place
  std::vector<std::pair<std::uint32_t, std::uint64_t>> listed_;  // places and where their ids are in the list
  std::uint64_t next_listed_ = 0;
  std::uint32_t next_id_ = 0;  // place
  std::optional<listed_ids> list_;
  std::vector<std::uint32_t> by_id_;  // places of trees in the order of ids
  std::optional<digest_head> digests_;
};

}  // namespace docteur
