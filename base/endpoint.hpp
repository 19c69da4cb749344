#pragma once
// Where an http or https URL leads: what a user and a password for one place may be given to. Hosted.

#include <string>
#include <string_view>

namespace docteur {

struct endpoint {
  bool encrypted = false;
  std::string host;  // in lower case, percent-decoded, an IPv6 address without brackets
  std::string port;  // decimal digits without leading zeros, also where the URL leaves it out

  bool operator==(const endpoint&) const = default;
};

// `host`: as in a URL, with or without the brackets of an IPv6 address. `port`: decimal digits, or empty.
[[nodiscard]] endpoint make_endpoint(bool encrypted, std::string_view host, std::string_view port);
// The endpoint of an http or https URL without a user.
[[nodiscard]] endpoint endpoint_of(std::string_view url);

}  // namespace docteur
