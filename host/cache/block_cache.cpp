#include "host/cache/block_cache.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace docteur {
namespace {

constexpr std::uint64_t kMostBlocks = 64;                  // in one read of the device below: 4 MiB
constexpr std::uint64_t kBatch = std::uint64_t{16} << 20;  // bytes kept between two syncs
constexpr std::uint64_t kMostGrant = std::uint64_t{16} << 20;

shared_bytes new_bytes(std::size_t size) { return std::make_shared_for_overwrite<std::byte[]>(size); }

// Bytes of `n` neighbouring blocks.
std::size_t length_of(const cache_header& header, std::uint64_t block, std::uint64_t n) {
  return static_cast<std::size_t>((n - 1) * kCacheBlock + header.length(block + n - 1));
}

// Blocks locked against other processes; without a lock size() is 0.
class block_lock {
 public:
  block_lock(const cache_file& file, std::uint64_t block, std::uint64_t n, unsigned patience)
      : file_(file), block_(block), n_(file.lock(block, n, patience)) {}
  block_lock(const block_lock&) = delete;
  block_lock& operator=(const block_lock&) = delete;
  ~block_lock() {
    if (n_ > 0) file_.unlock(block_, n_);
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return n_; }

 private:
  const cache_file& file_;
  std::uint64_t block_;
  std::uint64_t n_;
};

}  // namespace

outcome<std::unique_ptr<block_cache>> block_cache::open(block_cache_options options, const std::string& name,
                                                        const std::string& identity, const device& below) {
  DOCTEUR_TRY(folder, cache_folder::open(options.folder, true));
  std::unique_ptr<block_cache> cache(new block_cache(std::move(options), below));
  cache->folder_ = std::move(folder);
  const auto header = make_cache_header(name, identity, below.size);
  if (!header) {
    cache->note(cache->folder_->shown() + ": " + header.error().what);
    return cache;
  }
  auto file = cache_file::open(*cache->folder_, *header, cache->options_.boot);
  if (!file) {
    cache->note(file.error().message);
    return cache;
  }
  cache->file_ = std::move(*file);
  if (cache->file_->has_replaced()) cache->note_damage("a file that was damaged was replaced by an empty one");
  return cache;
}

std::optional<cached_version> block_cache::find(const block_cache_options& options, const std::string& name) {
  const auto folder = cache_folder::open(options.folder, false);
  if (!folder) return std::nullopt;
  const oid hash = hash_of_cache_name(name);
  for (const cached_file& candidate : folder->files()) {
    if (!candidate.good() || candidate.image.name_hash != hash) continue;
    const auto file = cache_file::open_existing(*folder, candidate.file, options.boot);
    if (!file) continue;
    const cache_header& image = (*file)->header();
    const cache_file::census kept = (*file)->count();
    std::uint64_t sure = kept.kept - kept.doubtful;
    if (kept.kept == image.blocks() && kept.doubtful > 0) {
      std::vector<std::uint64_t> bad;
      const cache_file::census checked = (*file)->check(true, true, bad);
      sure += checked.doubtful - bad.size();
    }
    return cached_version{image.identity, image.size, sure == image.blocks()};
  }
  return std::nullopt;
}

device block_cache::view() noexcept {
  device d;
  d.self = this;
  d.size = below_.size;
  d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept -> result<done> {
    try {
      return static_cast<block_cache*>(self)->read(offset, out);
    } catch (const std::bad_alloc&) {
      return fail(errc::out_of_memory, offset, "no memory for a block of the cache");
    }
  };
  return d;
}

block_cache::counters block_cache::counts() const noexcept { return {served_, fetched_, healed_, dropped_}; }

std::pair<std::uint64_t, std::uint64_t> block_cache::missing(std::uint64_t offset, std::uint64_t size) const {
  if (!file_ || size == 0) return {offset, size};
  const std::uint64_t first = offset / kCacheBlock;
  const auto kept = file_->records(first, (offset + size - 1) / kCacheBlock - first + 1);
  const auto is_absent = [](const block_record& r) { return r.state == block_state::absent; };
  const auto begin = std::ranges::find_if(kept, is_absent);
  if (begin == kept.end()) return {offset + size, 0};
  const auto end = std::find_if_not(begin, kept.end(), is_absent);
  const std::uint64_t at = (first + static_cast<std::uint64_t>(begin - kept.begin())) * kCacheBlock;
  const std::uint64_t length = static_cast<std::uint64_t>(end - begin) * kCacheBlock;
  return {at, std::min(length, below_.size - at)};
}

std::string block_cache::trouble() {
  const std::lock_guard guard(mutex_);
  if (trouble_.empty() || trouble_ == told_) return {};
  told_ = trouble_;
  return trouble_;
}

void block_cache::sync() {
  if (!file_) return;
  const int error = file_->sync();
  if (error == 0) return;
  const std::lock_guard guard(mutex_);
  note(folder_->shown() + ": " + std::strerror(error));
}

// Under the mutex, but for open().
void block_cache::note(std::string why) {
  trouble_ = std::move(why);
  if (!options_.tell || std::exchange(trouble_told_, true)) return;
  options_.tell("cache: " + trouble_ + "; going on without keeping what is read");
}

void block_cache::note_damage(const char* what) {
  if (options_.tell && !std::exchange(damage_told_, true)) options_.tell("cache: " + folder_->shown() + ": " + what);
}

result<done> block_cache::read(std::uint64_t offset, mutable_bytes out) {
  if (!file_) return read_exactly(below_, offset, out);
  while (!out.empty()) {
    DOCTEUR_TRY(n, read_some(offset, out));
    offset += n;
    out = out.subspan(n);
  }
  return done{};
}

// Fills the beginning of `out`, at least one byte.
result<std::size_t> block_cache::read_some(std::uint64_t offset, mutable_bytes out) {
  const cache_header& image = file_->header();
  const std::uint64_t block = offset / kCacheBlock;
  const auto skip = static_cast<std::size_t>(offset % kCacheBlock);
  const std::size_t rest = std::min<std::size_t>(out.size(), image.length(block) - skip);
  if (rest < image.length(block) && recent_.copy(block, skip, out.first(rest))) return rest;

  const std::uint64_t last = (offset + out.size() - 1) / kCacheBlock;
  std::vector<block_record> kept = file_->records(block, std::min(last - block + 1, kMostBlocks));
  const auto is_absent = [](const block_record& r) { return r.state == block_state::absent; };
  if (!is_absent(kept.front())) {
    kept.erase(std::ranges::find_if(kept, is_absent), kept.end());
    if (const std::size_t n = serve(block, std::move(kept), skip, out); n > 0) return n;
    return fetch(block, 1, skip, out);
  }
  const auto missing = std::ranges::find_if_not(kept, is_absent) - kept.begin();
  return fetch(block, static_cast<std::uint64_t>(missing), skip, out);
}

// From the cache: the whole blocks of `out`, or the part of one block. Returns the bytes that were good, from the
// start.
std::size_t block_cache::serve(std::uint64_t block, std::vector<block_record> kept, std::size_t skip,
                               mutable_bytes out) {
  const cache_header& image = file_->header();
  const auto length = static_cast<std::size_t>(image.length(block));
  if (skip > 0 || out.size() < length) {
    kept.resize(1);
    const shared_bytes content = new_bytes(length);
    if (file_->read(block, kept, {content.get(), length}) == 0) return 0;
    ++served_;
    recent_.add(block, content);
    const std::size_t n = std::min(out.size(), length - skip);
    std::memcpy(out.data(), content.get() + skip, n);
    return n;
  }
  while (length_of(image, block, kept.size()) > out.size()) kept.pop_back();
  const std::uint64_t good = file_->read(block, kept, out.first(length_of(image, block, kept.size())));
  served_ += good;
  return good == 0 ? 0 : length_of(image, block, good);
}

// From the device below, `n` blocks at most, unless another thread or process has brought the first one meanwhile.
result<std::size_t> block_cache::fetch(std::uint64_t block, std::uint64_t n, std::size_t skip, mutable_bytes out) {
  const cache_header& image = file_->header();
  const fetch_turns::turn turn(turns_, block, n);
  shared_bytes content;
  std::uint64_t count = 1;
  {
    const block_lock lock(*file_, block, turn.size(), options_.patience);
    std::vector<block_record> kept = file_->records(block, lock.size() > 0 ? lock.size() : turn.size());
    bool damaged = false;
    if (kept.front().state != block_state::absent) {
      content = new_bytes(static_cast<std::size_t>(image.length(block)));
      damaged = file_->read(block, {kept.front()}, {content.get(), length_of(image, block, 1)}) == 0;
      if (!damaged) {
        ++served_;
        return hand_out(block, 1, content, skip, out);
      }
      file_->forget(block);
    }
    while (count < kept.size() && kept[count].state == block_state::absent) ++count;
    const std::size_t size = length_of(image, block, count);
    content = new_bytes(size);
    DOCTEUR_CHECK(read_exactly(below_, block * kCacheBlock, {content.get(), size}));
    fetched_ += count;
    if (damaged) {
      ++healed_;
      const std::lock_guard guard(mutex_);
      note_damage("a block that was damaged was fetched again");
    }
    keep(block, {content.get(), size});
  }
  if (file_->unsynced() >= kBatch) sync();
  return hand_out(block, count, content, skip, out);
}

// Copies what was asked for of `n` blocks, and remembers those that were asked for in part.
std::size_t block_cache::hand_out(std::uint64_t block, std::uint64_t n, const shared_bytes& content, std::size_t skip,
                                  mutable_bytes out) {
  const cache_header& image = file_->header();
  const std::size_t size = length_of(image, block, n);
  const std::size_t given = std::min(out.size(), size - skip);
  std::memcpy(out.data(), content.get() + skip, given);
  const auto remember = [&](std::uint64_t index) {
    const auto length = static_cast<std::size_t>(image.length(block + index));
    shared_bytes copy = n == 1 ? content : new_bytes(length);
    if (n > 1) std::memcpy(copy.get(), content.get() + index * kCacheBlock, length);
    recent_.add(block + index, std::move(copy));
  };
  if (skip > 0) remember(0);
  if (skip + given < size && (n > 1 || skip == 0)) remember(n - 1);
  return given;
}

void block_cache::keep(std::uint64_t block, bytes data) {
  const std::uint64_t n = (data.size() + kCacheBlock - 1) / kCacheBlock;
  if (!may_keep(n * kCacheBlock)) {
    dropped_ += n;
    return;
  }
  const auto [kept, error] = file_->keep(block, data);
  dropped_ += n - kept;
  const std::lock_guard guard(mutex_);
  if (error == 0)
    trouble_.clear();
  else
    note(folder_->shown() + ": " + std::strerror(error));
}

// The bound is looked at once for many blocks: that takes a look at each file in the folder.
bool block_cache::may_keep(std::uint64_t more) {
  const std::lock_guard guard(mutex_);
  if (granted_ >= more) {
    granted_ -= more;
    return true;
  }
  if (refused_ >= more) {
    refused_ -= more;
    return false;
  }
  granted_ = refused_ = 0;
  const std::uint64_t bound = options_.bound;
  const std::uint64_t wanted = std::max(more, std::min(kMostGrant, bound / 16));
  const std::uint64_t taken = folder_->trim(bound > wanted ? bound - wanted : 0);
  if (taken <= bound && more <= bound - taken) {
    granted_ = std::min(wanted, bound - taken) - more;
    return true;
  }
  refused_ = wanted;
  note(folder_->shown() + ": the images in use fill the cache");
  return false;
}

}  // namespace docteur
