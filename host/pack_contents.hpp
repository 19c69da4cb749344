#pragma once
// The content of objects of a PACK by their places, with the latest ones kept. One thread at a time. Hosted.

#include <list>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "host/pack_entries.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "pack/inflate.hpp"

namespace docteur {

class pack_contents {
 public:
  using content = std::shared_ptr<const std::vector<std::byte>>;

  // `image`: where the PACK is, behind an image header. `places` may grow while this is used; what is there stays.
  // `kept`: bytes of content that are kept. `most`: bytes of the largest object, and of a delta, that is rebuilt.
  // `shown`: the image's name, for messages. Throws std::bad_alloc.
  pack_contents(const device& image, const std::vector<pack_place>& places, std::uint64_t kept, std::uint64_t most,
                std::string shown);

  // Returns the content of an object; nullptr if it, or one that it is a delta of, is over the limit, or if a base is
  // not there. Fails with blame::input if the image is damaged, with blame::environment if it cannot be read.
  [[nodiscard]] outcome<content> get(std::uint32_t place);
  // Replaces `out` with what the stream of an entry inflates to: for a delta, its instructions. False over the limit.
  [[nodiscard]] outcome<bool> inflate(std::uint32_t place, std::vector<std::byte>& out);
  // Replaces `out` with the stream of an entry.
  [[nodiscard]] outcome<void> read_stream(std::uint32_t place, std::vector<std::byte>& out);
  // Keeps content that was rebuilt elsewhere.
  void put(std::uint32_t place, content what);
  [[nodiscard]] const device& disk() const noexcept { return image_; }

 private:
  struct kept_content {
    content what;
    std::list<std::uint32_t>::iterator age;
  };
  [[nodiscard]] content find(std::uint32_t place);
  [[nodiscard]] tl::unexpected<failure> failed(const error& e) const;
  [[nodiscard]] outcome<content> apply(const content& base, std::uint32_t place);

  device image_;
  const std::vector<pack_place>& places_;
  std::uint64_t most_kept_;
  std::uint64_t most_;
  std::string shown_;
  inflater inflate_;
  std::vector<std::byte> stream_;
  std::vector<std::byte> delta_;
  std::unordered_map<std::uint32_t, kept_content> kept_;
  std::list<std::uint32_t> ages_;  // the latest first
  std::uint64_t kept_bytes_ = 0;
};

}  // namespace docteur
