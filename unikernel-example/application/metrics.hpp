#pragma once
// The server's counters.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace docteur::cache_vm {

// Durations by powers of two: bucket i counts those from 2^(i-1) to below 2^i microseconds, the last bucket all longer
// ones.
class histogram {
 public:
  static constexpr std::size_t kBuckets = 26;  // up to 33 s

  void add(std::uint64_t ns) noexcept {
    const auto bucket = static_cast<std::size_t>(std::bit_width(ns / 1000));
    ++buckets_[bucket < kBuckets ? bucket : kBuckets - 1];
    ++count_;
    sum_ns_ += ns;
  }
  [[nodiscard]] const std::array<std::uint64_t, kBuckets>& buckets() const noexcept { return buckets_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t sum_ns() const noexcept { return sum_ns_; }

 private:
  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
};

struct metrics {
  std::uint64_t started_ns = 0;
  std::uint64_t connections = 0;  // accepted, since the start
  std::uint64_t active = 0;       // now
  std::uint64_t refused = 0;      // over the limit
  std::uint64_t timed_out = 0;
  std::uint64_t aborted = 0;  // aborted during a response
  std::uint64_t requests = 0;
  std::uint64_t body_bytes = 0;  // passed to the network
  std::uint64_t deflated = 0;    // responses sent as they are in the PACK
  std::uint64_t faults = 0;      // of the image or its disk
  std::array<std::uint64_t, 600> statuses{};
  histogram latency;  // from the complete head to the last byte passed to the network
};

}  // namespace docteur::cache_vm
