#pragma once
// The versions of an image, as docteur-ls --versions prints them. Hosted.

#include <vector>

#include "host/opened_image.hpp"
#include "object/failure.hpp"
#include "verify/verify.hpp"

namespace docteur::cli {

// Attaches one version after the other, each commit once. None for an image of one commit without a name. Fails with
// what the list, the commits, the tags or the paths of one lack (host/describe.hpp).
[[nodiscard]] outcome<std::vector<verified_version>> list_versions(opened_image& from);

}  // namespace docteur::cli
