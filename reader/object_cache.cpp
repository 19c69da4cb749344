#include "reader/object_cache.hpp"

#include <algorithm>
#include <new>

namespace docteur {

// The content follows the node in the same block. A pinned node is in no list.
struct object_cache::node {
  std::uint64_t offset;
  std::uint64_t size;
  node* chain;  // the next one of the bucket
  node* newer;
  node* older;
  std::uint32_t pins;
  object_type type;
  bool kept;        // in the table
  bool used_again;  // belongs to the protected list

  [[nodiscard]] std::byte* content() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] std::uint64_t block_size() const noexcept { return sizeof(node) + size; }
};

namespace {
constexpr std::size_t kBuckets = 4096;  // a power of two
}

object_cache::handle::~handle() {
  if (node_ != nullptr) cache_->unpin(node_);
}
object_type object_cache::handle::type() const noexcept { return node_->type; }
bytes object_cache::handle::content() const noexcept { return {node_->content(), node_->size}; }
mutable_bytes object_cache::handle::fill() noexcept { return {node_->content(), node_->size}; }

object_cache::object_cache(const memory& from, std::uint64_t capacity) noexcept
    : memory_(from), capacity_(capacity), buckets_(from) {}

object_cache::object_cache(object_cache&& other) noexcept
    : memory_(other.memory_),
      capacity_(other.capacity_),
      buckets_(std::move(other.buckets_)),
      probation_(std::exchange(other.probation_, {})),
      protected_(std::exchange(other.protected_, {})),
      counters_(other.counters_) {}

object_cache::~object_cache() { clear(); }

object_cache::node*& object_cache::bucket(std::uint64_t offset) noexcept {
  const std::uint64_t hash = offset * 0x9e3779b97f4a7c15u;  // 2^64 / golden ratio (Knuth, volume 3, 6.4)
  return buckets_[hash >> 52 & (kBuckets - 1)];
}

void object_cache::push(list& l, node* n) noexcept {
  n->newer = nullptr;
  n->older = l.first;
  (l.first != nullptr ? l.first->newer : l.last) = n;
  l.first = n;
  l.bytes += n->block_size();
}

void object_cache::remove(list& l, node* n) noexcept {
  (n->newer != nullptr ? n->newer->older : l.first) = n->older;
  (n->older != nullptr ? n->older->newer : l.last) = n->newer;
  l.bytes -= n->block_size();
}

object_cache::handle object_cache::find(std::uint64_t offset) noexcept {
  if (!buckets_.empty()) {
    for (node* n = bucket(offset); n != nullptr; n = n->chain) {
      if (n->offset != offset) continue;
      ++counters_.hits;
      if (n->pins++ == 0) remove(n->used_again ? protected_ : probation_, n);
      n->used_again = true;
      return {this, n};
    }
  }
  ++counters_.misses;
  return {};
}

result<object_cache::handle> object_cache::make(std::uint64_t offset, object_type type, std::uint64_t size) noexcept {
  if (buckets_.empty()) {
    DOCTEUR_CHECK(buckets_.resize(kBuckets));
    std::fill(buckets_.begin(), buckets_.end(), nullptr);
  }
  const std::uint64_t n = sizeof(node) + size;
  if (is_worth_keeping(n)) shrink_to(capacity_ - n);
  void* block = memory_.allocate(memory_.self, n);
  if (block == nullptr) {
    clear();
    block = memory_.allocate(memory_.self, n);
  }
  if (block == nullptr) return fail(errc::out_of_memory, 0, "no memory for an object");
  counters_.used += n;
  return handle(this, new (block) node{offset, size, nullptr, nullptr, nullptr, 1, type, false, false});
}

void object_cache::keep(handle& h) noexcept {
  if (!is_worth_keeping(h.node_->block_size())) return;
  node*& head = bucket(h.node_->offset);
  h.node_->chain = std::exchange(head, h.node_);
  h.node_->kept = true;
}

void object_cache::unpin(node* n) noexcept {
  if (--n->pins > 0) return;
  if (!n->kept) {
    counters_.used -= n->block_size();
    memory_.release(memory_.self, n, n->block_size());
    return;
  }
  push(n->used_again ? protected_ : probation_, n);
  while (protected_.bytes > capacity_ / 4 * 3) {
    node* oldest = protected_.last;
    remove(protected_, oldest);
    oldest->used_again = false;
    push(probation_, oldest);
  }
  shrink_to(capacity_);
}

void object_cache::shrink_to(std::uint64_t goal) noexcept {
  while (counters_.used > goal && (probation_.last != nullptr || protected_.last != nullptr))
    discard(probation_.last != nullptr ? probation_.last : protected_.last);
}

void object_cache::discard(node* n) noexcept {
  remove(n->used_again ? protected_ : probation_, n);
  node** at = &bucket(n->offset);
  while (*at != n) at = &(*at)->chain;
  *at = n->chain;
  counters_.used -= n->block_size();
  memory_.release(memory_.self, n, n->block_size());
}

void object_cache::clear() noexcept { shrink_to(0); }

}  // namespace docteur
