#include "base/endpoint.hpp"

#include "base/percent.hpp"
#include "base/remote_address.hpp"

namespace docteur {

endpoint make_endpoint(bool encrypted, std::string_view host, std::string_view port) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  while (port.size() > 1 && port.starts_with('0')) port.remove_prefix(1);
  if (port.empty()) port = encrypted ? "443" : "80";
  endpoint e{encrypted, percent_decoded(host), std::string(port)};
  for (char& c : e.host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return e;
}

endpoint endpoint_of(std::string_view url) {
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const std::string_view port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
  return make_endpoint(scheme_of(url) == "https", authority.substr(0, colon), port);
}

}  // namespace docteur
