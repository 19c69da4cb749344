#pragma once
// Who a request says that it is from, where the server tells that in its answers and changes it: a registry. Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/remote_address.hpp"
#include "object/progress.hpp"

namespace docteur {

// What is sent with a request: a bearer token, else user and password, else nothing.
struct request_access {
  std::string token;
  std::string user;
  std::optional<std::string> password;
  std::uint64_t number = 0;  // another one for each that renew() brought
};

// Why a request had no answer that is of use.
struct call_failure {
  bool is_unavailable = false;  // the same may succeed later
  std::string text;             // one printable line, without credentials
};

// Its functions may be called from any thread.
class request_auth {
 public:
  virtual ~request_auth() = default;
  [[nodiscard]] virtual request_access current() = 0;
  // The server answered 401 to a request with `refused`; `challenges`: its fields WWW-Authenticate. Gets what the
  // server asks for, unless another thread has by now. Fails if there is nothing else to send; the text says why and
  // does not name the address. `stop` is asked while other servers and programs are waited for.
  [[nodiscard]] virtual tl::expected<void, call_failure> renew(const request_access& refused,
                                                               const std::vector<std::string>& challenges,
                                                               const progress& stop) = 0;
};

// A request that is refused with fresh credentials this often is refused.
inline constexpr unsigned kMostRenewals = 2;

// `where` with user and password of `access`, which is for that place.
[[nodiscard]] inline remote_address with_access(remote_address where, const request_access& access) {
  if (!access.user.empty() || access.password) {
    where.user = access.user;
    where.password = access.password;
  }
  return where;
}

}  // namespace docteur
