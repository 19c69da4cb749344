#pragma once
// The bytes of a tree object, for tests.

#include <string>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

// The entries of a tree in the order of additions, without regard to Git's rules.
class tree_text {
 public:
  tree_text& add(std::string_view mode, std::string_view name, const oid& id) {
    text_.append(mode).append(" ").append(name).push_back('\0');
    text_.append(as_text(id.view()));
    return *this;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace docteur
