#include "remote/image_artifact.hpp"

#include "base/printable.hpp"
#include "host/image_digests.hpp"
#include "object/hasher.hpp"
#include "object/result.hpp"
#include "remote/bounded_json.hpp"
#include "remote/registry_name.hpp"

namespace docteur {
namespace {

using nlohmann::json;

constexpr const char* kDigestKey = "org.docteur.image.digest";
constexpr std::uint64_t kMostImage = std::uint64_t{1} << 42;  // bytes

std::string kind_of(const json& manifest) {
  std::string type = json_text(manifest, "artifactType");
  if (const json* const config = json_member(manifest, "config"); config != nullptr && type.empty())
    type = json_text(*config, "mediaType");
  return type.empty() ? json_text(manifest, "mediaType") : type;
}

bool is_ours(const json& manifest) {
  if (json_number(manifest, "schemaVersion") != 2u) return false;
  const std::string type = json_text(manifest, "mediaType");
  return (type.empty() || type == kManifestType) && kind_of(manifest) == kArtifactType;
}

json described(const char* type, const oid& digest, std::uint64_t size) {
  return {{"mediaType", type}, {"digest", digest_text(digest)}, {"size", size}};
}

}  // namespace

outcome<image_artifact> parse_artifact(std::string_view text, const std::string& shown) {
  const auto refuse = [&](const std::string& why) { return give_up(blame::input, printable(shown) + ": " + why); };
  const auto manifest = parse_json(text);
  if (!manifest || !manifest->is_object()) return refuse("the registry's answer is not a manifest");
  if (json_member(*manifest, "manifests") != nullptr)
    return refuse("an index of several images, not an image of docteur");
  if (!is_ours(*manifest)) {
    const std::string kind = kind_of(*manifest);
    return refuse("not an image of docteur" + (kind.empty() ? std::string() : " (" + printable(kind) + ")"));
  }
  const json* const layers = json_member(*manifest, "layers");
  if (layers == nullptr || !layers->is_array() || layers->size() != 1)
    return refuse("an image of docteur has one layer; this manifest has another number");
  const json& layer = layers->front();
  const auto digest = parse_registry_digest(json_text(layer, "digest"));
  const auto size = json_number(layer, "size");
  if (json_text(layer, "mediaType") != kLayerType || !digest) return refuse("the layer is not a disk named by SHA-256");
  if (!size || *size == 0 || *size > kMostImage) return refuse("the layer's size is out of bounds");
  image_artifact image{*digest, *size, {}};
  const json* const notes = json_member(*manifest, "annotations");
  if (notes == nullptr || json_member(*notes, kDigestKey) == nullptr) return image;
  image.image_digest = parse_registry_digest(json_text(*notes, kDigestKey));
  if (!image.image_digest) return refuse(std::string("the annotation ") + kDigestKey + " is not a digest");
  return image;
}

std::string artifact_manifest(const image_artifact& image, const artifact_facts& facts) {
  // Members are sorted by name, which nlohmann's json promises.
  json layer = described(kLayerType, image.layer, image.size);
  layer["annotations"] = {{"org.opencontainers.image.title", facts.title}};
  json notes = {{"org.opencontainers.image.title", facts.title}, {"org.opencontainers.image.revision", facts.revision}};
  if (!facts.created.empty()) notes["org.opencontainers.image.created"] = facts.created;
  if (image.image_digest) notes[kDigestKey] = digest_text(*image.image_digest);
  const json manifest = {{"schemaVersion", 2},
                         {"mediaType", kManifestType},
                         {"artifactType", kArtifactType},
                         {"config", described(kEmptyType, registry_digest(kEmptyConfig), 2)},
                         {"layers", json::array({layer})},
                         {"annotations", notes}};
  return manifest.dump();
}

oid registry_digest(std::string_view data) {
  hasher hash(hash_kind::sha256);
  hash.update(as_bytes(data));
  return hash.finish();
}

}  // namespace docteur
