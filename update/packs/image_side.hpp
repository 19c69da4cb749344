#pragma once
// One of the two images that docteur-diff compares. Hosted.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/pack_contents.hpp"
#include "object/progress.hpp"
#include "update/packs/tree_order.hpp"

namespace docteur {

// The front of a stream's SHA-256: two streams of one key are taken as equal.
using stream_key = std::array<std::byte, 16>;
struct stream_key_hash {
  [[nodiscard]] std::size_t operator()(const stream_key& k) const noexcept {
    return static_cast<std::size_t>(load_le<std::uint64_t>(k.data()));
  }
};

struct image_side {
  // Loads the tables of an image and hashes its streams. `shown`: its name, for messages.
  [[nodiscard]] static outcome<std::unique_ptr<image_side>> load(const device& disk, const std::string& shown,
                                                                 progress& report);

  device disk;
  std::string shown;
  pack_entries pack;
  std::optional<pack_contents> contents;
  std::vector<stream_key> keys;         // by place
  std::vector<bool> odd_headers;        // by place: not as encode_entry_header() writes it
  std::vector<std::uint64_t> paths;     // by place: a hash of the object's first path and kind, 0 if it has none
  std::vector<std::uint64_t> names;     // the same of the last part of the path
  std::vector<std::uint32_t> listed;    // places of blobs in the order in which the trees list them
  std::vector<oid> trees;               // in order
  std::uint32_t commit = kNoPackEntry;  // place

 private:
  [[nodiscard]] outcome<void> hash_streams(progress& report);
  [[nodiscard]] outcome<void> walk(progress& report);
};

}  // namespace docteur
