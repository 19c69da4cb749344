#pragma once
// The file _headers of an image: fields of responses by path, as Netlify and Cloudflare Pages read it.

#include <string>
#include <string_view>
#include <vector>

#include "unikernel-example/application/field_set.hpp"
#include "unikernel-example/application/path_pattern.hpp"
#include "unikernel-example/application/rule_text.hpp"

namespace docteur::cache_vm {

class header_rules {
 public:
  static constexpr std::string_view kFile = "_headers";

  // A line that is wrong has no effect; if it is a path, those below it have none either.
  void parse(std::string_view text, rule_faults& faults);

  // Replaces `out` with the fields of all rules that match, in their order. `host`, `path`: of the request, decoded.
  void apply(std::string_view host, std::string_view path, field_set& out) const;

  [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }
  [[nodiscard]] std::size_t memory_used() const noexcept { return memory_; }  // bytes, roughly

 private:
  struct line {
    std::string name, value;
    bool removes = false;
    bool has_references = false;
  };
  struct rule {
    path_pattern where;
    std::vector<line> lines;
  };
  [[nodiscard]] static const char* parse_line(std::string_view text, line& out);

  std::vector<rule> rules_;
  std::size_t memory_ = 0;
};

}  // namespace docteur::cache_vm
