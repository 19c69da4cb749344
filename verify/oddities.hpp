#pragma once
// What `git fsck --strict` holds against objects that every reader reads: remarks, each kind once. Hosted.

#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>

#include "object/oid.hpp"
#include "verify/findings.hpp"

namespace docteur {

class oddities {
 public:
  // `message`: fsck's (git help fsck, "fsck messages"), a static text; nullptr is none. `at`: of the object in the
  // image. Any thread.
  void add(const char* message, object_type type, const oid& id, std::uint64_t at);

  // One remark for each message, with the object of the lowest offset.
  void remark_on(findings& found) const;

 private:
  struct kind {
    std::uint64_t count = 0;
    std::uint64_t at = 0;
    object_type type{};
    oid id;
  };
  std::mutex mutex_;
  std::map<std::string_view, kind> kinds_;
};

}  // namespace docteur
