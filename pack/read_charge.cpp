#include "pack/read_charge.hpp"

#include "pack/forest.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kReaderCache = 32u << 20;  // bytes

// Of what libdeflate's inflate costs (measured): each byte that it takes is as much work as so many that it makes.
constexpr std::uint64_t kTakenByte = 16;

// What `work`, bytes that a read has to make, is charged on every read.
constexpr std::uint64_t price_of(std::uint64_t work, purpose what_for) noexcept {
  switch (what_for) {
    case purpose::size: return 0;
    case purpose::balance: return work * 3;  // so a byte of PACK is worth 341 made
    case purpose::serve: break;
  }
  return work * 32;
}

}  // namespace

read_charge::read_charge(std::span<const source_object> objects, const object_store& store,
                         const std::vector<bool>& eligible, purpose what_for)
    : objects_(objects), what_for_(what_for), full_(objects.size()), charge_(objects.size()) {
  std::uint64_t content = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!eligible[i]) continue;
    content += objects[i].size;
    full_[i] = price_of(objects[i].size + kTakenByte * store.stream_size(i), what_for);
  }
  fills_ = 1 + content / kReaderCache;
}

// A delta cannot be served as it is: it is inflated and goes out in full.
std::uint64_t read_charge::of_target(std::size_t index) const {
  return what_for_ == purpose::serve ? price_of(objects_[index].size, what_for_) : 0;
}

void read_charge::assume(std::span<const std::uint32_t> bases) {
  std::vector<std::uint64_t> reads(bases.size());  // of each object as a base, near or far
  for (const std::uint32_t base : bases)
    for (std::uint32_t a = base; a != kNoBase; a = bases[a]) ++reads[a];
  for (std::size_t i = 0; i < bases.size(); ++i) charge_[i] = full_[i] * fills_ / (fills_ + reads[i]);
}

}  // namespace docteur
