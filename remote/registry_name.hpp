#pragma once
// The name of an image in a registry: oci://registry[:port]/name[:tag][@sha256:...]. Hosted.

#include <optional>
#include <string>
#include <string_view>

#include "base/remote_address.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "remote/http_options.hpp"

namespace docteur {

struct registry_name {
  std::string registry;       // host and port as in the name: what docker's configuration knows it by
  std::string repository;     // "team/site"
  std::string tag;            // "latest" if there is neither tag nor digest; empty if there is a digest only
  std::optional<oid> digest;  // of the manifest; then the tag means nothing
  std::string shown;          // the name; printable

  // What stands in a URL for the manifest: the digest, else the tag.
  [[nodiscard]] std::string reference() const;
};

// Whether `name` begins with oci://, in any case.
[[nodiscard]] bool is_registry_name(std::string_view name);
// Fails with blame::usage if `name` is not what the OCI distribution specification 1.1 allows, or has a user: no
// message shows that.
[[nodiscard]] outcome<registry_name> parse_registry_name(std::string_view name);

// The address of `path`, such as "manifests/latest", below /v2/REPOSITORY/; messages show it as the image's name. By
// https, but by http for a registry on this machine (localhost, 127.0.0.0/8, ::1) unless there is a `ca_file`, and for
// any with options.plain_http. Fails as parse_http_url() does.
[[nodiscard]] outcome<remote_address> registry_address(const registry_name& name, const std::string& path,
                                                       const http_options& options);

// "sha256:" and 64 digits in lower case, which is how registries write digests; nullopt for anything else.
[[nodiscard]] std::optional<oid> parse_registry_digest(std::string_view text);

}  // namespace docteur
