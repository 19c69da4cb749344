#pragma once
// How a registry is shown who asks, as docker does it: nothing at first; what its 401 asks for then, a token from the
// server that it names, or user and password. Hosted.

#include <mutex>
#include <string>

#include "remote/auth_challenge.hpp"
#include "remote/docker_config.hpp"
#include "remote/http_options.hpp"
#include "remote/registry_name.hpp"
#include "remote/request_auth.hpp"

namespace docteur {

class registry_auth final : public request_auth {
 public:
  // `actions`: "pull" or "pull,push", asked for where the registry does not say what it wants. A token file of the
  // options goes before everything else.
  registry_auth(registry_name name, http_options options, std::string actions);

  [[nodiscard]] request_access current() override;
  // Credentials are those of find_registry_credentials(), looked up each time: helpers have some that expire.
  [[nodiscard]] tl::expected<void, call_failure> renew(const request_access& refused,
                                                       const std::vector<std::string>& challenges,
                                                       const progress& stop) override;

 private:
  using renewed = tl::expected<void, call_failure>;
  [[nodiscard]] renewed renew_by(const auth_challenge& challenge, const progress& stop);
  [[nodiscard]] renewed get_token(const auth_challenge& challenge, const registry_credentials& with,
                                  const progress& stop);
  [[nodiscard]] renewed use(request_access access);

  const registry_name name_;
  const http_options options_;
  const std::string actions_;
  const bool is_encrypted_;

  std::mutex renewing_;  // one at a time
  std::mutex guard_;     // of access_
  request_access access_;
};

}  // namespace docteur
