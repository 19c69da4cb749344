#pragma once
// What a client of Git asks for in the body of a POST: gitprotocol-v2(5), and gitprotocol-pack(5) for versions 0 and 1.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "object/oid.hpp"

namespace docteur::cache_vm {

// Of several versions that the field Git-Protocol names ("version=2:agent=x") the highest that is known counts.
[[nodiscard]] unsigned git_protocol_version(std::string_view field) noexcept;

struct git_request {
  enum class command { ls_refs, fetch };
  static constexpr std::uint32_t kAll = ~std::uint32_t{0};  // a depth: all that there is
  static constexpr std::size_t kMostPrefixes = 64;          // with more of them all references are listed

  command what = command::fetch;
  // ls-refs. Views of the body.
  bool symrefs = false;
  bool peel = false;
  std::vector<std::string_view> prefixes;
  bool too_many_prefixes = false;
  // fetch. Ascending, each once, except `haves`, which are in the client's order.
  std::vector<oid> wants;
  std::vector<oid> haves;
  std::vector<oid> shallows;
  std::uint32_t depth = 0;  // commits of history; 0: no limit is asked for
  bool relative = false;    // the depth counts from what the client has; then it is kAll, since there is no more
  bool done = false;
  // Capabilities of version 0; version 2 has them always.
  bool side_band = false;
  bool multi_ack_detailed = false;
  bool no_done = false;
};

enum class parsed { good, malformed, refused };
struct git_parsed {
  parsed how = parsed::good;
  std::string why;  // refused: for the client, one line
};

// `body`: of the whole request. `kind`: of the image's ids. Work and memory are proportional to the size of the body.
[[nodiscard]] git_parsed parse_git_v2(std::string_view body, hash_kind kind, git_request& out);
[[nodiscard]] git_parsed parse_git_v0(std::string_view body, hash_kind kind, git_request& out);

}  // namespace docteur::cache_vm
