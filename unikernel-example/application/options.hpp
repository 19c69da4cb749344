#pragma once
// The words on the kernel command line, and what docteur-cache makes of its own options.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "object/failure.hpp"
#include "unikernel-example/application/http_limits.hpp"
#include "unikernel-example/application/site_rules.hpp"

namespace docteur::cache_vm {

struct endpoint {
  std::string address;  // "": all
  std::uint16_t port;
};

struct cache_options {
  endpoint listen{"", 80};
  bool status = true;                 // the server's own pages are there,
  std::optional<endpoint> status_at;  // with `listen`, or here alone
  std::optional<endpoint> shell;
  std::string disk;  // a disk's name, "" for the first, "none"
  std::optional<std::uint64_t> cache_bytes;
  site_rules site;
  std::uint32_t drain_s = 10;  // to finish what is being sent
  bool prefetch = false;
  bool help = false;
  std::string show;  // a path to print instead of serving
  http_limits http;
  bool connections_asked = false;  // http.connections was said, and is not the default
};

// Words are "key=value" or bare. Those that are the platform's (ip=, gateway=, virtio_mmio.device=) are passed over;
// any other that is unknown, or whose value makes no sense, is a failure (blame::usage).
[[nodiscard]] outcome<cache_options> parse_words(std::span<const std::string_view> words);

// "[ADDRESS:]PORT"; "[::1]:80" for IPv6.
[[nodiscard]] std::optional<endpoint> parse_endpoint(std::string_view text);

// All words, a line each.
[[nodiscard]] std::string_view words_help() noexcept;

}  // namespace docteur::cache_vm
