#pragma once
// Collects the faults and remarks of all parts of a verification. Safe to use from many threads. Hosted.

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "verify/verify.hpp"

namespace docteur {

class findings {
 public:
  // Keeps the `keep` faults with the lowest offsets, in whatever order threads find them; counts all.
  explicit findings(std::size_t keep) : keep_(keep) {}

  // Adds a fault. `at`: byte offset in the image.
  void add(errc code, std::uint64_t at, std::string what);
  void add(const error& e) { add(e.code, e.at, e.what); }
  void remark(std::string text);
  // Moves everything from `other` into this.
  void merge(findings&& other);

  [[nodiscard]] std::uint64_t count() const;
  // Whether a kept fault lies in [from, to).
  [[nodiscard]] bool any_in(std::uint64_t from, std::uint64_t to) const;
  // Moves the faults, by offset, their count and the remarks into `to`. Call it once, last.
  void move_to(verify_report& to);

 private:
  std::size_t keep_;
  mutable std::mutex mutex_;
  std::vector<fault> lowest_;  // a heap with the highest offset on top
  std::uint64_t count_ = 0;
  std::vector<std::string> remarks_;
};

// Returns "commit 57d2...", for messages.
[[nodiscard]] std::string object_text(std::string_view kind, const oid& id);

}  // namespace docteur
