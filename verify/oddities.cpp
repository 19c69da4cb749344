#include "verify/oddities.hpp"

#include <string>

namespace docteur {

void oddities::add(const char* message, object_type type, const oid& id, std::uint64_t at) {
  if (message == nullptr) return;
  const std::lock_guard lock(mutex_);
  kind& k = kinds_[message];
  if (k.count++ == 0 || at < k.at) {
    k.at = at;
    k.type = type;
    k.id = id;
  }
}

void oddities::remark_on(findings& found) const {
  for (const auto& [message, k] : kinds_) {
    std::string text = object_text(name(k.type), k.id);
    if (k.count > 1) text += " and " + std::to_string(k.count - 1) + " more";
    found.remark(text.append(": git fsck says ").append(message));
  }
}

}  // namespace docteur
