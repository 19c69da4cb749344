#pragma once
// An image put into a registry: the blob, then the manifest that names it. Hosted.

#include <string>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "remote/http_options.hpp"
#include "remote/image_artifact.hpp"
#include "remote/registry_name.hpp"

namespace docteur {

struct pushed_image {
  oid manifest;            // its digest
  oid layer;               // SHA-256 of the image
  bool was_there = false;  // the registry had the image's bytes
  std::uint64_t sent = 0;  // bytes of blobs, with what was sent again
  std::uint64_t requests = 0;
  unsigned resumed = 0;  // times that an upload went on after a failure
};

// Puts the image on `content` under the tag of `to`; what had the tag before loses it. `image_digest`: the digest that
// readers will demand, if the image has one. Fails with one line: blame::usage for a name with a digest and bad
// options, else blame::environment, also if `report` says to stop.
[[nodiscard]] outcome<pushed_image> push_image(const device& content, const std::optional<oid>& image_digest,
                                               const artifact_facts& facts, const registry_name& to,
                                               const http_options& options, progress& report);

}  // namespace docteur
