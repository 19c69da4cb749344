#pragma once
// The file _redirects of an image: where paths lead, as Netlify and Cloudflare Pages read it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unikernel-example/application/path_pattern.hpp"
#include "unikernel-example/application/rule_text.hpp"

namespace docteur::cache_vm {

// What a rule does with a request.
struct redirect {
  int status;      // 301, 302, 303, 307, 308: `to` is Location. 200, 404, 410: `to` is the path of what is sent
  std::string to;  // percent-encoded; a path begins with one '/'
  bool is_path;
  [[nodiscard]] bool is_location() const noexcept { return status / 100 == 3; }
};

class redirect_rules {
 public:
  static constexpr std::string_view kFile = "_redirects";

  // Lines are "FROM [NAME=VALUE|NAME=:PLACEHOLDER ...] TO [STATUS[!]]". A line that is wrong has no effect.
  void parse(std::string_view text, rule_faults& faults);

  // The first rule that matches; with `forced` only those with '!', which precede files. A redirect to the same path
  // is none. `host`, `path` (decoded), `query`: of the request, as in request_path. Throws std::bad_alloc.
  [[nodiscard]] std::optional<redirect> find(std::string_view host, std::string_view path, std::string_view query,
                                             bool forced) const;

  [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }
  [[nodiscard]] bool has_forced() const noexcept { return has_forced_; }
  [[nodiscard]] std::size_t memory_used() const noexcept { return memory_; }  // bytes, roughly

 private:
  struct parameter {
    std::string name, value;  // decoded
    bool captures;            // `value` is a placeholder's name
  };
  struct rule {
    path_pattern from;
    std::vector<parameter> parameters;
    std::string to;
    int status = 301;
    bool forced = false;
  };
  [[nodiscard]] static const char* parse_line(std::string_view line, rule& out);
  [[nodiscard]] static const char* parse_status(std::string_view text, rule& out);
  [[nodiscard]] static const char* parse_parameter(std::string_view text, rule& out);
  // A request that is compared with rules.
  class asked;
  [[nodiscard]] static std::optional<redirect> try_rule(const rule& r, asked& request);

  std::vector<rule> rules_;
  std::vector<std::uint32_t> literal_;   // rules of one path each, by that path and then in their order
  std::vector<std::uint32_t> patterns_;  // the others, in their order
  bool has_forced_ = false;
  std::size_t memory_ = 0;
};

}  // namespace docteur::cache_vm
