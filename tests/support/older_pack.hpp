#pragma once
// An older PACK for the planner, of which only deltas are asked for.

#include <map>
#include <vector>

#include "pack/kept_entries.hpp"

namespace docteur {

class older_pack final : public kept_entries {
 public:
  explicit older_pack(std::size_t objects) : entries_(objects) {}
  void suggest(std::uint32_t target, std::uint32_t base, std::vector<std::byte> delta, std::uint64_t stream_size = 20) {
    entries_[target] = {.stream_size = stream_size, .delta_size = delta.size(), .base = base};
    deltas_[target] = std::move(delta);
  }
  void was_whole(std::uint32_t target, std::uint64_t stream_size) { entries_[target] = {.stream_size = stream_size}; }
  void keep(std::uint32_t object) { entries_[object] = {.kept = true, .stream_size = 20}; }

  std::span<const kept_entry> entries() const override { return entries_; }
  outcome<void> read(std::size_t, std::vector<std::byte>&) const override { return refuse(); }
  outcome<void> read_delta(std::size_t index, std::vector<std::byte>& out) const override {
    out = deltas_.at(index);
    return {};
  }
  outcome<void> read_stream(std::size_t, std::uint64_t, mutable_bytes) const override { return refuse(); }
  outcome<restart_points> read_restarts(std::size_t) const override { return refuse(); }

 private:
  static tl::unexpected<failure> refuse() { return give_up(blame::environment, "is not asked for"); }
  std::vector<kept_entry> entries_;
  std::map<std::size_t, std::vector<std::byte>> deltas_;
};

}  // namespace docteur
