#pragma once
// Readers for any number of threads. Hosted, may be used by many threads.

#include <memory>
#include <mutex>
#include <vector>

#include "object/memory.hpp"
#include "reader/image_reader.hpp"

namespace docteur {

class reader_pool {
 public:
  // A reader and a buffer that belongs to it.
  struct member {
    image_reader reader;
    owned_array<std::byte> buffer;
  };
  // Lends a member; gives it back when destroyed. Move-only.
  class lease {
   public:
    lease(reader_pool& from, std::unique_ptr<member> lent) noexcept : pool_(&from), lent_(std::move(lent)) {}
    lease(lease&&) noexcept = default;
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (lent_ != nullptr) pool_->give_back(std::move(lent_));
    }
    [[nodiscard]] image_reader& reader() noexcept { return lent_->reader; }
    // The buffer, at least `size` bytes. Errors: out_of_memory.
    [[nodiscard]] result<mutable_bytes> buffer(std::size_t size) noexcept;

   private:
    reader_pool* pool_;
    std::unique_ptr<member> lent_;
  };

  // `of` must outlive the pool; memory comes from `from`. The first reader caches `first_cache` bytes of bases of
  // deltas, each further one `further_cache`.
  reader_pool(const image& of, const memory& from, std::uint64_t first_cache, std::uint64_t further_cache) noexcept
      : image_(&of), memory_(from), first_cache_(first_cache), further_cache_(further_cache) {}

  // Lends the member that came back last, else a new one: whoever reads alone always finds the same cache, on whatever
  // thread. There are never more members than leases at one time. Errors: out_of_memory.
  [[nodiscard]] result<lease> borrow();
  // Gives back the memory of the caches of all readers that are not lent.
  void release_caches() noexcept;

 private:
  void give_back(std::unique_ptr<member> back) noexcept;

  const image* image_;
  memory memory_;
  std::uint64_t first_cache_;
  std::uint64_t further_cache_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<member>> free_;
  std::size_t made_ = 0;
};

}  // namespace docteur
