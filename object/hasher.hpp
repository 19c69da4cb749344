#pragma once
// A hash whose kind is chosen at run time, and the ids of Git's objects. Guest-safe.

#include <cstdint>

#include "object/bytes.hpp"
#include "object/oid.hpp"
#include "object/sha1.hpp"
#include "object/sha256.hpp"

namespace docteur {

class hasher {
 public:
  explicit hasher(hash_kind kind) noexcept : kind_(kind) {
    if (kind == hash_kind::sha256) sha256_ = sha256();
  }
  [[nodiscard]] hash_kind kind() const noexcept { return kind_; }
  void update(bytes data) noexcept { kind_ == hash_kind::sha1 ? sha1_.update(data) : sha256_.update(data); }
  // Returns the digest of everything passed to update(). The object must not be used afterwards.
  [[nodiscard]] oid finish() noexcept { return kind_ == hash_kind::sha1 ? sha1_.finish() : sha256_.finish(); }

 private:
  hash_kind kind_;
  union {
    sha1 sha1_{};
    sha256 sha256_;
  };
};

// Returns a hasher that has consumed Git's object header, "<type> <size>\0".
[[nodiscard]] hasher object_hash(hash_kind kind, object_type type, std::uint64_t size) noexcept;

// The id of an object: the hash of its header and content.
[[nodiscard]] oid object_id(hash_kind kind, object_type type, bytes content) noexcept;

}  // namespace docteur
