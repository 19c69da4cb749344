#pragma once
// A device that keeps on disk what it read from another one: a web server, a slow disk, a network block device.
// doc/CACHE.md says what its files hold and what survives which accident. Hosted, Linux.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/kernel_boot.hpp"
#include "host/cache/cache_file.hpp"
#include "host/cache/cache_folder.hpp"
#include "host/cache/fetch_turns.hpp"
#include "host/recent_blocks.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"

namespace docteur {

struct block_cache_options {
  std::filesystem::path folder;                   // cache_folder::standard(), unless the user names one
  std::uint64_t bound = std::uint64_t{10} << 30;  // bytes on disk of all images in the folder
  unsigned patience = 30000;                      // milliseconds to wait for a block that another process fetches
  std::string boot = kernel_boot();               // identifies the current boot
  // Gets one printable line the first time that blocks are not kept, and the first time that the cache was damaged.
  // Any thread may call it. Empty: these lines go nowhere.
  std::function<void(const std::string&)> tell;
};

// What is kept of one version of an image.
struct cached_version {
  std::string identity;
  std::uint64_t size = 0;  // bytes of the image
  bool whole = false;      // every block is there: the image can be read without its device
};

class block_cache {
 public:
  struct counters {
    std::uint64_t served = 0;   // blocks read from the cache
    std::uint64_t fetched = 0;  // blocks read from the device below
    std::uint64_t healed = 0;   // of these, blocks whose bytes in the cache were not what their checksum says
    std::uint64_t dropped = 0;  // blocks that were fetched and not kept
  };

  // `name` and `identity` together name the content of `below` for all time: `identity` is, e.g., a strong ETag, and
  // another one is another image. `name` must hold no credentials; "user:password@" in a URL is removed. The content of
  // `below` is asked for in whole blocks, several in one read where neighbours are missing, never beyond below.size,
  // and by any thread that reads. `below` must outlive the cache, and may connect when it is first read. Fails with
  // blame::environment if the folder cannot be used: see cache_folder::open(). If only the image's file cannot be made
  // (disk full, read-only), the cache passes everything through and trouble() says why.
  [[nodiscard]] static outcome<std::unique_ptr<block_cache>> open(block_cache_options options, const std::string& name,
                                                                  const std::string& identity, const device& below);
  // The version of that name that was opened last, without any device: nullopt if there is none, or the folder cannot
  // be used. If no block is absent, those in doubt (doc/CACHE.md, "Writing") are read and checked first. The image can
  // be served while its device is away by open() with this identity and a device of this size that connects when it is
  // read.
  [[nodiscard]] static std::optional<cached_version> find(const block_cache_options& options, const std::string& name);

  block_cache(const block_cache&) = delete;
  block_cache& operator=(const block_cache&) = delete;
  // Does not wait for the disk: what is not synced by now is in doubt if the machine fails. No thread may be reading.
  ~block_cache() = default;

  // Valid as long as this object exists; any number of threads may read. Errors are those of `below`, for blocks that
  // the cache has not; nothing that failed is kept. Also out_of_memory.
  [[nodiscard]] device view() noexcept;
  // The first run of neighbouring blocks around the bytes from `offset` to `offset + size`, which are in the image,
  // that the cache does not have, as (offset, size) in bytes; size 0: it has all. Blocks may come and go meanwhile.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> missing(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] counters counts() const noexcept;
  // Whether blocks can be kept, as far as room permits.
  [[nodiscard]] bool keeps() const noexcept { return file_ && file_->is_writable(); }
  // Why blocks are not kept at present, as one printable line; empty if they are, or if this line was the last one that
  // was returned. Blocks are kept again, without a word, as soon as that is possible.
  [[nodiscard]] std::string trouble();
  // Writes what is kept to the disk and waits for it. This also happens while reading, every 16 MiB that are fetched.
  void sync();

 private:
  block_cache(block_cache_options options, const device& below) : options_(std::move(options)), below_(below) {}
  [[nodiscard]] result<done> read(std::uint64_t offset, mutable_bytes out);
  [[nodiscard]] result<std::size_t> read_some(std::uint64_t offset, mutable_bytes out);
  [[nodiscard]] std::size_t serve(std::uint64_t block, std::vector<block_record> kept, std::size_t skip,
                                  mutable_bytes out);
  [[nodiscard]] result<std::size_t> fetch(std::uint64_t block, std::uint64_t n, std::size_t skip, mutable_bytes out);
  [[nodiscard]] std::size_t hand_out(std::uint64_t block, std::uint64_t n, const shared_bytes& content,
                                     std::size_t skip, mutable_bytes out);
  void keep(std::uint64_t block, bytes data);
  void note(std::string why);
  void note_damage(const char* what);
  [[nodiscard]] bool may_keep(std::uint64_t more);

  block_cache_options options_;
  device below_;
  std::optional<cache_folder> folder_;
  std::unique_ptr<cache_file> file_;  // nullptr: everything passes through
  fetch_turns turns_;
  recent_blocks recent_;
  std::atomic<std::uint64_t> served_ = 0, fetched_ = 0, healed_ = 0, dropped_ = 0;

  std::mutex mutex_;           // for what follows
  std::uint64_t granted_ = 0;  // bytes that may be kept before the bound is looked at again
  std::uint64_t refused_ = 0;  // bytes that are not kept before it is
  std::string trouble_;        // empty: none
  std::string told_;           // what trouble() returned last
  bool trouble_told_ = false;  // options_.tell was called
  bool damage_told_ = false;
};

}  // namespace docteur
