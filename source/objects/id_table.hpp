#pragma once
// Ids in ascending order with a fan-out table, as in IDX and multi-pack-index (`git help gitformat-pack`). Hosted; all
// functions are safe from many threads.

#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "object/oid.hpp"
#include "source/objects/table_file.hpp"

namespace docteur {

// Ids that begin with a prefix, and how many are collected at most.
using id_set = std::set<oid>;
inline constexpr std::size_t kMostPrefixed = 1 << 16;

class id_table {
 public:
  id_table() = default;
  // The fan-out is at `fanout_at`; ids begin at `ids_at`, are `stride` bytes apart and of `kind`. Damaged if the
  // fan-out decreases.
  [[nodiscard]] static object_result<id_table> open(const table_file& file, std::uint64_t fanout_at,
                                                    std::uint64_t ids_at, std::uint32_t stride, hash_kind kind);

  [[nodiscard]] std::uint32_t count() const noexcept { return fanout_[255]; }
  // `position` < count().
  [[nodiscard]] object_result<oid> id(const table_file& file, std::uint32_t position) const;
  // The position of `id`. In a table whose ids do not ascend, an id may not be found.
  [[nodiscard]] object_result<std::optional<std::uint32_t>> find(const table_file& file, const oid& id) const;
  // Adds the ids that begin with `digits` to `found`, until there are kMostPrefixed.
  [[nodiscard]] object_result<void> collect(const table_file& file, std::string_view digits, id_set& found) const;

 private:
  struct place {
    std::uint32_t position;  // of the first id that is not smaller
    bool found;
  };
  [[nodiscard]] object_result<place> locate(const table_file& file, const oid& id) const;

  std::array<std::uint32_t, 256> fanout_{};
  std::uint64_t at_ = 0;
  std::uint32_t stride_ = 0;
  hash_kind kind_ = hash_kind::sha1;
};

}  // namespace docteur
