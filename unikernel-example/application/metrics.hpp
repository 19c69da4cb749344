#pragma once
// The counters of an event loop's server. Its thread counts; any thread may read.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace docteur::cache_vm {

// A number that one thread writes and any may read.
class counter {
 public:
  counter& operator=(std::uint64_t n) noexcept {
    n_.store(n, std::memory_order_relaxed);
    return *this;
  }
  counter& operator+=(std::uint64_t n) noexcept { return *this = *this + n; }
  counter& operator++() noexcept { return *this += 1; }
  operator std::uint64_t() const noexcept { return n_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> n_{0};
};

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
  void add(const histogram& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ns_ += other.sum_ns_;
  }
  [[nodiscard]] const std::array<counter, kBuckets>& buckets() const noexcept { return buckets_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t sum_ns() const noexcept { return sum_ns_; }

 private:
  std::array<counter, kBuckets> buckets_{};
  counter count_;
  counter sum_ns_;
};

struct metrics {
  counter connections;  // accepted, since the start
  counter active;       // now
  counter refused;      // over the limit
  counter timed_out;
  counter aborted;  // aborted during a response
  counter requests;
  counter body_bytes;       // passed to the network
  counter deflated;         // responses sent as they are in the PACK
  counter packs;            // PACKs sent to clients of Git
  counter gzipped;          // gzip of streams of the PACK
  counter made;             // gzip that was made of the content
  counter with_dictionary;  // dcz
  counter beside;           // files beside the one that was asked for
  counter faults;           // of the image or its disk
  counter disk_waits;       // times that a response waited, for the disk or to be coded, while others were served
  counter taken;            // contents taken from slow clients
  counter bases_used;       // bytes that the reader's cache of bases holds
  counter bases_hits;       // and how often it had the base
  counter bases_misses;     // or not
  std::array<counter, 600> statuses{};
  histogram latency;  // from the complete head to the last byte passed to the network

  // Adds another loop's.
  void add(const metrics& other) noexcept;
};

}  // namespace docteur::cache_vm
