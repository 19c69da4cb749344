#pragma once
// An image as an artifact of a registry: the manifest, of which nothing is believed, and the one that docteur-push
// writes. doc/FORMAT.md, "In a registry". Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kArtifactType = "application/vnd.docteur.image.v1";
inline constexpr const char* kLayerType = "application/vnd.docteur.image.v1.disk";
inline constexpr const char* kEmptyType = "application/vnd.oci.empty.v1+json";
inline constexpr const char* kEmptyConfig = "{}";
// Media types to ask for, as the value of Accept: ours, and others, so that these can be named in a message.
inline constexpr const char* kAcceptedTypes =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

struct image_artifact {
  oid layer;                        // SHA-256 of the image
  std::uint64_t size = 0;           // bytes of the image
  std::optional<oid> image_digest;  // host/image_digests.hpp
};

// Fails with blame::input if `manifest` is not that of an image of docteur; `shown`: what the message begins with.
[[nodiscard]] outcome<image_artifact> parse_artifact(std::string_view manifest, const std::string& shown);

// What else a manifest says of an image.
struct artifact_facts {
  std::string title;     // a file name, for programs that store layers as files
  std::string created;   // RFC 3339; empty: not said
  std::string revision;  // the commit's id
};

// The manifest of an image: the same bytes for the same arguments, whenever and wherever.
[[nodiscard]] std::string artifact_manifest(const image_artifact& image, const artifact_facts& facts);

// The SHA-256 of `data`.
[[nodiscard]] oid registry_digest(std::string_view data);

}  // namespace docteur
