#include "pack/read_charge.hpp"

#include "pack/forest.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kReaderCache = 32u << 20;  // bytes

// Inflating takes as much time per byte of input as per so many bytes of output (libdeflate, measured).
constexpr std::uint64_t kTakenByte = 16;

// The charge for `work` bytes of output on every read.
constexpr std::uint64_t price_of(std::uint64_t work, purpose p) noexcept {
  switch (p) {
    case purpose::size: return 0;
    case purpose::balance: return work * 3;  // a byte of PACK is worth 341 bytes of output: 1024 / 3
    case purpose::serve: break;
  }
  return work * 32;
}

}  // namespace

read_charge::read_charge(std::span<const source_object> objects, const object_store& store,
                         const std::vector<bool>& eligible, purpose p)
    : objects_(objects), purpose_(p), full_(objects.size()), charge_(objects.size()) {
  std::uint64_t content = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!eligible[i]) continue;
    content += objects[i].size;
    full_[i] = price_of(objects[i].size + kTakenByte * store.stream_size(i), p);
  }
  fills_ = 1 + content / kReaderCache;
}

std::uint64_t read_charge::of_target(std::size_t index) const {
  return purpose_ == purpose::serve ? price_of(objects_[index].size, purpose_) : 0;
}

void read_charge::assume(std::span<const std::uint32_t> bases) {
  std::vector<std::uint64_t> reads(bases.size());  // of each object as a base, direct or not
  for (const std::uint32_t base : bases)
    for (std::uint32_t a = base; a != kNoBase; a = bases[a]) ++reads[a];
  for (std::size_t i = 0; i < bases.size(); ++i) charge_[i] = full_[i] * fills_ / (fills_ + reads[i]);
}

}  // namespace docteur
