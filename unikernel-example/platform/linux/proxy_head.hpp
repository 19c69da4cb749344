#pragma once
// The head of a connection through a proxy: on whose behalf it was made (HAProxy's PROXY protocol, versions 1 and 2).
// Hosted.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "object/bytes.hpp"
#include "object/failure.hpp"

struct sockaddr;

namespace docteur::cache_vm::on_linux {

struct proxy_head {
  static constexpr std::size_t kMost = 4096;  // bytes; longer ones are refused

  enum class kind { more, whole, refused } state;
  std::size_t size = 0;  // whole: its bytes
  std::string client{};  // whole: "192.0.2.1:4711", "[2001:db8::1]:4711"; "" if it does not say
};
// The head at the front of a connection's input.
[[nodiscard]] proxy_head parse_proxy_head(bytes input);

// Peers whose connections begin with such a head.
class proxy_peers {
 public:
  // "ADDRESS[/BITS]" or "unix", separated by commas. Errors: usage.
  [[nodiscard]] static outcome<proxy_peers> parse(std::string_view list);
  [[nodiscard]] bool is_empty() const noexcept { return networks_.empty() && !has_unix_; }
  [[nodiscard]] bool contains(const sockaddr& peer) const noexcept;

 private:
  struct network {
    std::vector<std::byte> address;  // 4 or 16 bytes
    unsigned bits;
  };
  std::vector<network> networks_;
  bool has_unix_ = false;
};

}  // namespace docteur::cache_vm::on_linux
