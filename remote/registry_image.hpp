#pragma once
// From the name of an image in a registry to the blob that it is. Hosted.

#include <filesystem>
#include <string>

#include "object/failure.hpp"
#include "object/progress.hpp"
#include "remote/range_origin.hpp"
#include "remote/registry_name.hpp"

namespace docteur {

struct registry_image {
  range_origin origin;     // its version is the layer's digest
  std::string cache_name;  // the same for all names of this blob in this registry
};

// Reads the manifest that `name` names. Manifests are kept in the folder `cache`, if that is not empty: one that is
// named by its digest is asked for once, and where the registry does not answer, the last one of a tag counts. Fails
// with one line that begins with the name: blame::usage for a bad name or bad options, blame::input if it is no image
// of docteur or not what its digest says, else blame::environment.
[[nodiscard]] outcome<registry_image> find_registry_image(const std::string& name, const http_options& options,
                                                          const std::filesystem::path& cache, const progress& stop);

}  // namespace docteur
