#pragma once
// Collects what `git fsck --strict` reports of objects that readers accept, for one remark per message. Hosted.

#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>

#include "object/oid.hpp"
#include "verify/findings.hpp"

namespace docteur {

class oddities {
 public:
  // Adds a message of fsck (`git help fsck`, "fsck messages") for an object. `message`: a static text, or nullptr,
  // which adds nothing. `at`: of the object in the image. Safe to call from many threads.
  void add(const char* message, object_type type, const oid& id, std::uint64_t at);

  // Adds one remark for each message, which names the object with the lowest offset.
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
