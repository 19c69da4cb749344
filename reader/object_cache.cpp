#include "reader/object_cache.hpp"

#include <algorithm>
#include <new>

namespace docteur {

// The header of a cached object. The content follows it in the same block.
struct object_cache::node {
  std::uint64_t block_size;  // bytes, including this node; a multiple of kUnit in the log
  std::uint64_t offset;
  std::uint64_t size;
  node* chain;  // the next node of the bucket
  std::uint32_t pins;
  object_type type;
  bool in_log;
  bool kept;             // in the table
  std::uint8_t chances;  // how many times it will be moved down instead of dropped

  [[nodiscard]] std::byte* content() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

namespace {
constexpr std::uint64_t kUnit = 64;     // so that every gap can hold a node
constexpr std::size_t kBuckets = 4096;  // a power of two
constexpr std::uint8_t kMostChances = 2;
constexpr std::uint64_t kSmallestLog = 64 << 10;  // bytes

constexpr std::uint64_t in_units(std::uint64_t n) noexcept { return (n + kUnit - 1) / kUnit * kUnit; }
}  // namespace

object_cache::handle::~handle() {
  if (node_ != nullptr) cache_->unpin(node_);
}
object_type object_cache::handle::type() const noexcept { return node_->type; }
bytes object_cache::handle::content() const noexcept { return {node_->content(), node_->size}; }
mutable_bytes object_cache::handle::fill() noexcept { return {node_->content(), node_->size}; }
bool object_cache::handle::is_beside_cache() const noexcept { return node_ != nullptr && !node_->in_log; }

object_cache::object_cache(const memory& from, std::uint64_t capacity) noexcept
    : memory_(from), capacity_(capacity), buckets_(from), log_(from) {}

object_cache::object_cache(object_cache&& other) noexcept
    : memory_(other.memory_),
      capacity_(other.capacity_),
      buckets_(std::move(other.buckets_)),
      log_(std::move(other.log_)),
      front_(std::exchange(other.front_, 0)),
      gap_end_(std::exchange(other.gap_end_, 0)),
      counters_(other.counters_) {}

object_cache::node*& object_cache::bucket(std::uint64_t offset) noexcept {
  const std::uint64_t hash = offset * 0x9e3779b97f4a7c15u;  // 2^64 / golden ratio (Knuth, volume 3, 6.4)
  return buckets_[hash >> 52 & (kBuckets - 1)];
}

object_cache::node* object_cache::node_at(std::uint64_t position) noexcept {
  return reinterpret_cast<node*>(log_.data() + position);
}

object_cache::handle object_cache::find(std::uint64_t offset) noexcept {
  if (!buckets_.empty()) {
    for (node* n = bucket(offset); n != nullptr; n = n->chain) {
      if (n->offset != offset) continue;
      ++counters_.hits;
      if (n->pins++ == 0) ++pinned_;
      if (n->chances < kMostChances) ++n->chances;
      return {this, n};
    }
  }
  ++counters_.misses;
  return {};
}

// Fills the gap with one node, so that the whole log consists of nodes.
void object_cache::fill_gap() noexcept {
  if (front_ == gap_end_) return;
  new (log_.data() + front_) node{gap_end_ - front_, 0, 0, nullptr, 0, object_type::blob, true, false, 0};
  front_ = gap_end_;
}

void object_cache::take_log() noexcept {
  std::uint64_t size = capacity_ / kUnit * kUnit;
  if (!buckets_.resize(kBuckets)) return;
  std::fill(buckets_.begin(), buckets_.end(), nullptr);
  while (size >= kSmallestLog && !log_.set_capacity(size)) size = size / 2 / kUnit * kUnit;
  if (log_.capacity() == 0) return;
  (void)log_.resize(size);  // cannot fail: the capacity is there
  gap_end_ = size;
}

void object_cache::release_log() noexcept {
  clear();
  log_.reset();
  buckets_.reset();
  front_ = gap_end_ = 0;
}

object_cache::node** object_cache::link_to(node* n) noexcept {
  node** at = &bucket(n->offset);
  while (*at != n) at = &(*at)->chain;
  return at;
}

// Removes the node from the table; its bytes become part of the gap or stay as an unused node.
void object_cache::forget(node* n) noexcept {
  *link_to(n) = n->chain;
  n->kept = false;
  counters_.used -= n->block_size;
}

// Moves the node that follows the gap to the front of the gap, which is then behind the node.
void object_cache::move_down(node* n) noexcept {
  node** link = link_to(n);
  const std::uint64_t size = n->block_size;
  std::memmove(log_.data() + front_, n, size);
  *link = node_at(front_);
  front_ += size;
  gap_end_ += size;
}

// Widens the gap until a block fits, and takes the block from it. Returns nullptr if pinned objects prevent that.
object_cache::node* object_cache::reserve(std::uint64_t block_size) noexcept {
  unsigned wraps = 0;
  while (gap_end_ - front_ < block_size) {
    if (gap_end_ == log_.size()) {
      if (++wraps > kMostChances + 2) return nullptr;
      fill_gap();
      front_ = gap_end_ = 0;
      continue;
    }
    node* next = node_at(gap_end_);
    if (next->pins > 0) {
      fill_gap();
      front_ = gap_end_ += next->block_size;
    } else if (next->kept && next->chances > 0) {
      --next->chances;
      move_down(next);
    } else {
      gap_end_ += next->block_size;
      if (next->kept) forget(next);
    }
  }
  return node_at(std::exchange(front_, front_ + block_size));
}

bool object_cache::is_for(std::uint64_t size) const noexcept { return in_units(sizeof(node) + size) <= capacity_ / 4; }

result<object_cache::handle> object_cache::make(std::uint64_t offset, object_type type, std::uint64_t size) noexcept {
  if (log_.empty() && is_for(size)) take_log();
  return make_below(log_.size() / 4, offset, type, size);
}

result<object_cache::handle> object_cache::make_passing(std::uint64_t offset, object_type type,
                                                        std::uint64_t size) noexcept {
  return make_below(log_.size(), offset, type, size);
}

// Places the object in the log if its block has at most `limit` bytes, else in memory of its own.
result<object_cache::handle> object_cache::make_below(std::uint64_t limit, std::uint64_t offset, object_type type,
                                                      std::uint64_t size) noexcept {
  std::uint64_t n = in_units(sizeof(node) + size);
  void* block = nullptr;
  if (n <= limit) block = reserve(n);
  const bool in_log = block != nullptr;
  if (!in_log) {
    n = sizeof(node) + size;
    block = memory_.allocate(memory_.self, n);
    if (block == nullptr && pinned_ == 0 && !log_.empty()) {
      release_log();
      block = memory_.allocate(memory_.self, n);
    }
    if (block == nullptr) return fail(errc::out_of_memory, 0, "no memory for an object");
  } else {
    ++pinned_;
  }
  counters_.used += n;
  return handle(this, new (block) node{n, offset, size, nullptr, 1, type, in_log, false, 0});
}

void object_cache::keep(handle& h) noexcept {
  if (!h.node_->in_log) return;
  node*& head = bucket(h.node_->offset);
  h.node_->chain = std::exchange(head, h.node_);
  h.node_->kept = true;
}

void object_cache::unpin(node* n) noexcept {
  if (--n->pins > 0) return;
  if (n->in_log) --pinned_;
  if (n->kept) return;
  counters_.used -= n->block_size;
  if (!n->in_log) memory_.release(memory_.self, n, n->block_size);
}

void object_cache::clear() noexcept {
  if (log_.empty()) return;
  fill_gap();
  for (std::uint64_t at = 0; at < log_.size(); at += node_at(at)->block_size)
    if (node* n = node_at(at); n->kept && n->pins == 0) forget(n);
  front_ = gap_end_ = 0;
}

}  // namespace docteur
