#pragma once
// Which of several sites a request is for, by the host that it names (RFC 9110, section 7.2).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

// Whether `host` is what `pattern` names: the same name, or with "*.NAME" any name below NAME. Letters match in either
// case, and "name." is "name", fully qualified.
[[nodiscard]] bool is_host_named(std::string_view host, std::string_view pattern) noexcept;

// Names of sites, which have numbers. All hosts without a name belong to site 0.
class virtual_hosts {
 public:
  // False, and nothing changes: another site has that name. `pattern`: as in is_host_named(). Throws std::bad_alloc.
  [[nodiscard]] bool add(std::string_view pattern, std::size_t site);
  // The site of `host`, which has no port. The name itself counts before "*.NAME", and of those the longest.
  [[nodiscard]] std::size_t find(std::string_view host) const noexcept;

 private:
  struct entry {
    std::string pattern;
    std::size_t site;
  };
  std::vector<entry> entries_;  // those without a star first, then by falling length
};

}  // namespace docteur::cache_vm
