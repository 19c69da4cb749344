#pragma once
// What a server says it wants, in WWW-Authenticate (RFC 9110, section 11.6.1). Hosted.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace docteur {

struct auth_challenge {
  std::string scheme;                             // in lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  // names in lower case: realm, service, scope, error
};

// The challenges of one field, of which there may be several. What cannot be understood ends the list.
[[nodiscard]] std::vector<auth_challenge> parse_challenges(std::string_view value);

}  // namespace docteur
