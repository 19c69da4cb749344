#pragma once
// Responses that are coded with a dictionary (RFC 9842, "dcz"): for a client that has another content of the same path,
// which another version of the image has. Finding that content, and coding, is done aside, one at a time;
// what was coded is kept in the cache. The request waits for it. Any thread may use it.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "object/oid.hpp"
#include "reader/image_reader.hpp"
#include "reader/version_list.hpp"
#include "unikernel-example/application/content_cache.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

class dictionary_maker {
 public:
  static constexpr std::uint64_t kLeast = 1024;            // bytes of content: less fits one packet in any case
  static constexpr std::uint64_t kMost = 4 << 20;          // bytes, also of dictionaries; clients take windows of 8 MiB
  static constexpr std::uint64_t kPatience = 200'000'000;  // ns that a request waits, and then goes without
  static constexpr std::size_t kMostWaiting = 16;          // requests for different contents; further ones go without
  static constexpr std::uint32_t kMostVersions = 64;       // of the image, in which a path is looked for
  static constexpr std::uint64_t kMostRead = 32ull << 20;  // bytes of one path's contents that are hashed
  static constexpr std::size_t kMostKnown = 32'768;        // paths and contents; then all are forgotten

  // A content that a client says it has, as a dictionary for another.
  struct request {
    std::string_view path;   // in the image, the same for both
    std::uint32_t position;  // in IDX, of the content to send
    oid dictionary;          // SHA-256 of the content that the client has
  };

  // `on`: nullptr, or a platform that cannot do it: nothing is made. `of` and `versions` outlive this; `live`:
  // content's `counted`.
  dictionary_maker(platform* on, const image& of, const version_list& versions, const memory& heap,
                   content_cache& cache, std::shared_ptr<std::atomic<std::uint64_t>> live);

  dictionary_maker(const dictionary_maker&) = delete;
  dictionary_maker& operator=(const dictionary_maker&) = delete;
  // All tickets arrive.
  ~dictionary_maker() { give_up(); }

  // Whether content of `size` bytes may be coded, or be a dictionary.
  [[nodiscard]] bool takes(std::uint64_t size) const noexcept {
    return on_ != nullptr && size >= kLeast && size <= kMost && cache_->keeps(kLeast);
  }
  // The coded content, if it is in the cache.
  [[nodiscard]] shared_content find(const request& r);
  // Has it made. True: this thread has a ticket (platform::promise()), and find() is to be asked again when that
  // arrives. False: it cannot be had now. `self` keeps `of` and the cache alive.
  [[nodiscard]] static bool want(const std::shared_ptr<dictionary_maker>& self, const request& r) noexcept;
  // To be called now and then: lets the tickets of those arrive who have waited for kPatience.
  void end_waits() noexcept;
  // Codes `plain` now, on this thread; nullptr if that makes it no smaller. Throws std::bad_alloc.
  [[nodiscard]] shared_content make(const content& plain, const content& dictionary) const;

 private:
  struct job {
    std::string path;
    std::uint32_t position;
    oid dictionary;
    std::uint64_t since;  // monotonic ns
    std::vector<std::function<void()>> waiting{};
    [[nodiscard]] bool is(const request& r) const noexcept {
      return position == r.position && dictionary == r.dictionary && path == r.path;
    }
  };
  struct ended {
    std::uint32_t position;
    oid dictionary;
    std::uint64_t at;  // monotonic ns
  };
  // The position of the content that has this SHA-256.
  [[nodiscard]] std::optional<std::uint32_t> known(const oid& hash) const;
  [[nodiscard]] std::optional<std::uint32_t> look_up(const oid& hash) const;
  [[nodiscard]] bool may_be_had(const request& r) const;
  void work() noexcept;
  [[nodiscard]] result<done> serve(const job& j);
  [[nodiscard]] result<done> learn(const std::string& path);
  [[nodiscard]] result<shared_content> read(std::uint32_t position);
  void give_up() noexcept;

  platform* const on_;
  const image* const image_;
  const version_list* const versions_;
  const memory heap_;
  content_cache* const cache_;
  const std::shared_ptr<std::atomic<std::uint64_t>> live_;
  std::optional<image_reader> reader_;  // of the task that works

  mutable std::mutex guard_;  // of everything below
  bool works_ = false;
  std::deque<job> jobs_;                     // the first one is being worked on
  std::unordered_set<std::string> paths_;    // whose contents are all in contents_, or are too many
  std::map<oid, std::uint32_t> contents_;    // SHA-256 of contents of such paths, and their positions in IDX
  std::unordered_set<std::uint64_t> unfit_;  // pairs of positions that become no smaller
  std::deque<ended> ended_;                  // the last jobs
};

}  // namespace docteur::cache_vm
