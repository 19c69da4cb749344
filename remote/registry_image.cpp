#include "remote/registry_image.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "host/image_digests.hpp"
#include "object/result.hpp"
#include "remote/bounded_json.hpp"
#include "remote/http_access.hpp"
#include "remote/http_conversation.hpp"
#include "remote/image_artifact.hpp"
#include "remote/kept_manifests.hpp"
#include "remote/libcurl.hpp"
#include "remote/registry_auth.hpp"

namespace docteur {
namespace {

using manifest_answer = tl::expected<std::string, call_failure>;

// The manifest, which has the digest of its name, if that has one.
manifest_answer ask_for_manifest(const registry_name& name, const remote_address& address, const http_options& options,
                                 request_auth& auth, const progress& stop) {
  http_conversation registry(options, address, &auth, stop);
  http_call call;
  call.method = "GET";
  call.where = address;
  call.fields = {std::string("Accept: ") + kAcceptedTypes};
  call.most = kMostJson;
  auto answer = registry.ask(call);
  if (!answer) return tl::unexpected(answer.error());
  const int status = answer->head.status;
  if (status == 404) return tl::unexpected(registry.failed("status 404: the registry has no such image"));
  if (status == 401 || status == 403)
    return tl::unexpected(registry.failed("status " + std::to_string(status) + ": the registry refuses access"));
  if (status != 200) return tl::unexpected(registry.failed(status_text(status)));
  if (name.digest && registry_digest(answer->body) != *name.digest)
    return tl::unexpected(registry.failed("the registry sent another manifest than the one of this digest"));
  return std::move(answer->body);
}

// While there is a kept one, an unreachable registry must not delay the start.
http_options impatient(http_options options) {
  options.retries = std::min(options.retries, 1u);
  options.connect_timeout = std::min(options.connect_timeout, std::chrono::milliseconds(5'000));
  options.stall_timeout = std::min(options.stall_timeout, std::chrono::seconds(10));
  return options;
}

outcome<std::string> find_manifest(const registry_name& name, const remote_address& address,
                                   const http_options& options, request_auth& auth, const std::filesystem::path& cache,
                                   const progress& stop) {
  std::optional<std::string> kept;
  if (!cache.empty()) kept = kept_manifest(cache, address.shown);
  if (kept && name.digest && registry_digest(*kept) == *name.digest) return std::move(*kept);
  if (kept && name.digest) kept.reset();
  auto asked = ask_for_manifest(name, address, kept ? impatient(options) : options, auth, stop);
  if (asked) return std::move(*asked);
  if (kept && asked.error().is_unavailable) return std::move(*kept);
  return give_up(blame::environment, asked.error().text);
}

}  // namespace

outcome<registry_image> find_registry_image(const std::string& text, const http_options& options,
                                            const std::filesystem::path& cache, const progress& stop) {
  DOCTEUR_TRY(name, parse_registry_name(text));
  DOCTEUR_CHECK(check_http_options(options));
  DOCTEUR_CHECK(load_libcurl());
  DOCTEUR_TRY(address, registry_address(name, "manifests/" + name.reference(), options));
  auto auth = std::make_shared<registry_auth>(name, options, "pull");
  DOCTEUR_TRY(manifest, find_manifest(name, address, options, *auth, cache, stop));
  DOCTEUR_TRY(artifact, parse_artifact(manifest, name.shown));
  const std::string layer = digest_text(artifact.layer);
  DOCTEUR_TRY(blob, registry_address(name, "blobs/" + layer, options));
  registry_image image;
  image.origin.address = std::move(blob);
  image.origin.version = image_version{artifact.size, "", "", layer};
  image.origin.auth = std::move(auth);
  image.origin.demanded = artifact.image_digest;
  image.cache_name = "oci://" + name.registry + "/" + layer;
  if (!cache.empty()) keep_manifest(cache, name.shown, image.cache_name, manifest);
  return image;
}

}  // namespace docteur
