#pragma once
// Many ids of one kind, packed as in files: 20 or 32 bytes each. Guest-safe.

#include "object/memory.hpp"
#include "object/oid.hpp"

namespace docteur {

class oid_list {
 public:
  oid_list() = default;
  oid_list(const memory& from, hash_kind kind) noexcept : raw_(from), kind_(kind) {}

  [[nodiscard]] hash_kind kind() const noexcept { return kind_; }
  [[nodiscard]] std::size_t size() const noexcept { return raw_.size() / id_size(kind_); }
  // `position` < size().
  [[nodiscard]] oid operator[](std::size_t position) const noexcept {
    return oid::from(raw_.data() + position * id_size(kind_), kind_);
  }
  // `id` is of kind(). Errors: out_of_memory.
  [[nodiscard]] result<done> push_back(const oid& id) noexcept {
    const std::size_t at = raw_.size();
    const bytes view = id.view();
    DOCTEUR_CHECK(raw_.resize(at + view.size()));
    std::memcpy(raw_.data() + at, view.data(), view.size());
    return done{};
  }
  // Replaces the list with the ids in `raw`, a multiple of id_size(kind()) bytes. Errors: out_of_memory.
  [[nodiscard]] result<done> assign(bytes raw) noexcept {
    DOCTEUR_CHECK(raw_.resize(raw.size()));
    if (!raw.empty()) std::memcpy(raw_.data(), raw.data(), raw.size());
    return done{};
  }
  [[nodiscard]] result<done> shrink_to_fit() noexcept { return raw_.shrink_to_fit(); }
  [[nodiscard]] std::size_t memory_used() const noexcept { return raw_.capacity(); }  // bytes

 private:
  owned_array<std::byte> raw_;
  hash_kind kind_ = hash_kind::sha1;
};

}  // namespace docteur
