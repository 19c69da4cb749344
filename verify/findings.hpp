#pragma once
// Where all parts of a verification leave what they find. Hosted; shared by all threads.

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "verify/verify.hpp"

namespace docteur {

class findings {
 public:
  // Keeps the `keep` faults of the lowest offsets, whatever the order in which threads find them.
  explicit findings(std::size_t keep) : keep_(keep) {}

  void add(errc code, std::uint64_t at, std::string what);
  void add(const error& e) { add(e.code, e.at, e.what); }
  void remark(std::string text);
  // Takes all that `other` found.
  void merge(findings&& other);

  [[nodiscard]] std::uint64_t count() const;
  void move_to(verify_report& report);

 private:
  std::size_t keep_;
  mutable std::mutex mutex_;
  std::vector<fault> lowest_;  // a heap, the greatest on top
  std::uint64_t count_ = 0;
  std::vector<std::string> remarks_;
};

// "commit 57d2...", for messages.
[[nodiscard]] std::string object_text(std::string_view kind, const oid& id);

}  // namespace docteur
