#include "remote/registry_auth.hpp"

#include <algorithm>

#include "base/percent.hpp"
#include "base/printable.hpp"
#include "remote/bounded_json.hpp"
#include "remote/http_access.hpp"
#include "remote/http_conversation.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostAnswer = 256 << 10;  // bytes of what a token server says
constexpr std::size_t kMostToken = 64 << 10;
constexpr const char* kNoUser =
    "status 401: the registry asks for a user, and there is none for it in the files of docker login and podman login";

tl::unexpected<call_failure> refuse(std::string text) { return tl::unexpected(call_failure{false, std::move(text)}); }

std::string parameter(const auth_challenge& challenge, const char* name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string() : found->second;
}

bool is_sendable(std::string_view token) {
  return !token.empty() && token.size() <= kMostToken &&
         std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
}

// The request for a token: with the refresh token as OAuth2 has it, else as docker's token specification does.
http_call token_call(const remote_address& realm, const std::string& service, const std::string& scope,
                     const registry_credentials& with, std::string& form) {
  http_call call;
  call.most = kMostAnswer;
  call.where = realm;
  const std::string query = "service=" + percent_encoded(service) + "&scope=" + percent_encoded(scope);
  if (!with.identity_token.empty()) {
    call.method = "POST";
    call.fields = {"Content-Type: application/x-www-form-urlencoded"};
    form = "grant_type=refresh_token&client_id=docteur&" + query +
           "&refresh_token=" + percent_encoded(with.identity_token);
    call.body = as_bytes(form);
    return call;
  }
  call.method = "GET";
  call.where.url += (realm.url.find('?') == std::string::npos ? "?" : "&") + query;
  if (!with.user.empty()) {
    call.where.url += "&account=" + percent_encoded(with.user);
    call.where.user = with.user;
    call.where.password = with.password;
  }
  return call;
}

}  // namespace

registry_auth::registry_auth(registry_name name, http_options options, std::string actions)
    : name_(std::move(name)), options_(std::move(options)), actions_(std::move(actions)), is_encrypted_([this] {
        const auto address = registry_address(name_, "", options_);
        return !address || address->url.starts_with("https:");
      }()) {}

request_access registry_auth::current() {
  if (!options_.token_file.empty()) {
    // Read each time: tokens are replaced while programs run. One that cannot be read now is missed by the registry.
    auto read = read_token(options_.token_file);
    request_access access;
    if (read) access.token = std::move(*read);
    return access;
  }
  const std::lock_guard lock(guard_);
  return access_;
}

registry_auth::renewed registry_auth::use(request_access access) {
  const std::lock_guard lock(guard_);
  access.number = access_.number + 1;
  access_ = std::move(access);
  return {};
}

registry_auth::renewed registry_auth::renew(const request_access& refused, const std::vector<std::string>& challenges,
                                            const progress& stop) {
  const std::lock_guard lock(renewing_);
  const request_access now = current();
  if (!options_.token_file.empty()) {
    if (now.token != refused.token) return {};
    return refuse("status 401: the registry refuses the token of the token file");
  }
  if (now.number != refused.number) return {};
  std::vector<auth_challenge> all;
  for (const std::string& field : challenges)
    for (auth_challenge& c : parse_challenges(field)) all.push_back(std::move(c));
  for (const char* scheme : {"bearer", "basic"}) {
    const auto found = std::ranges::find(all, scheme, &auth_challenge::scheme);
    if (found != all.end()) return renew_by(*found, stop);
  }
  return refuse("status 401: the registry asks for credentials of a kind that is not known here");
}

registry_auth::renewed registry_auth::renew_by(const auth_challenge& challenge, const progress& stop) {
  auto found = find_registry_credentials(name_.registry, name_.repository, stop);
  if (!found) return refuse(found.error().message);
  const registry_credentials with = found->value_or(registry_credentials{});
  request_access access;
  if (is_sendable(with.registry_token)) {
    access.token = with.registry_token;
  } else if (challenge.scheme == "bearer") {
    return get_token(challenge, with, stop);
  } else if (!with.user.empty()) {
    access.user = with.user;
    access.password = with.password;
  } else {
    return refuse(kNoUser);
  }
  const request_access now = current();
  if (now.token == access.token && now.user == access.user && now.password == access.password)
    return refuse("status 401: the registry refuses the user or the password that is stored for it");
  return use(std::move(access));
}

registry_auth::renewed registry_auth::get_token(const auth_challenge& challenge, const registry_credentials& with,
                                                const progress& stop) {
  auto realm = parse_http_url(parameter(challenge, "realm"));
  if (!realm) return refuse("status 401: the registry names no server for tokens that can be asked");
  if (is_encrypted_ && !realm->url.starts_with("https:"))
    return refuse("status 401: the registry names a server for tokens without https");
  realm->user.clear();
  realm->password.reset();
  std::string scope = parameter(challenge, "scope");
  if (scope.empty()) scope = "repository:" + name_.repository + ":" + actions_;
  std::string form;
  const http_call call = token_call(*realm, parameter(challenge, "service"), scope, with, form);
  http_conversation server(options_, *realm, nullptr, stop);
  const auto answer = server.ask(call);
  if (!answer) return tl::unexpected(call_failure{answer.error().is_unavailable, "no token: " + answer.error().text});
  const int status = answer->head.status;
  const std::string shown = printable(realm->shown);
  if (status == 401 || status == 403 || (status == 400 && !with.identity_token.empty())) {
    if (with.user.empty() && with.identity_token.empty()) return refuse(kNoUser);
    return refuse("no token: " + shown + " refuses the user or the password that is stored for the registry");
  }
  const auto body = status == 200 ? parse_json(answer->body) : std::nullopt;
  request_access access;
  if (body) access.token = json_text(*body, "token");
  if (body && access.token.empty()) access.token = json_text(*body, "access_token");
  if (!is_sendable(access.token))
    return refuse("no token: " + shown + ": " + (status == 200 ? "no token in the answer" : status_text(status)));
  return use(std::move(access));
}

}  // namespace docteur
