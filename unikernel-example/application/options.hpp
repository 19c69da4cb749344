#pragma once
// Options: the words of a guest's kernel command line, into which docteur-cache translates its own.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"
#include "object/oid.hpp"
#include "unikernel-example/application/http_limits.hpp"
#include "unikernel-example/application/site_rules.hpp"

namespace docteur::cache_vm {

struct endpoint {
  std::string address;  // "": all; or "unix:PATH", "systemd"
  std::uint16_t port;
};

// The image of some hosts.
struct named_site {
  std::vector<std::string> hosts;  // names, or "*.NAME" for all below NAME
  std::string disk;
};

struct cache_options {
  endpoint listen{"", 80};
  bool status = true;                 // serve the server's own pages,
  std::optional<endpoint> status_at;  // at `listen`, or only here
  std::optional<endpoint> shell;
  std::string disk;               // a disk's name, "" for the first, "none"
  std::vector<named_site> sites;  // besides that disk's; each has another disk, and no two have the same host
  std::optional<std::uint64_t> cache_bytes;
  std::vector<oid> digests;  // if any: only images of these digests are mounted, and each block is compared
  site_rules site;
  std::uint32_t drain_s = 10;  // to finish responses in progress
  bool prefetch = false;
  bool help = false;
  std::string show;  // a path to print instead of serving
  http_limits http;
  std::optional<bool> git;         // site.git, if it was given; else as site.objects
  std::optional<bool> proofs;      // site.proofs, in the same way
  bool connections_asked = false;  // http.connections was given
};

// Words are "key=value" or bare. Those of the platform (ip=, gateway=, virtio_mmio.device=) are skipped. Errors: usage
// for any other unknown word, and for an invalid value.
[[nodiscard]] outcome<cache_options> parse_words(std::span<const std::string_view> words);

// "[ADDRESS:]PORT"; "[::1]:80" for IPv6. "unix:PATH" and "systemd" have no port.
[[nodiscard]] std::optional<endpoint> parse_endpoint(std::string_view text);

// A description of all words, one line each.
[[nodiscard]] std::string_view words_help() noexcept;

}  // namespace docteur::cache_vm
