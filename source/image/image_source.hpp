#pragma once
// The commits of an older image as sources of objects (docteur-make --keep). Hosted.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "object/progress.hpp"
#include "source/image/image_objects.hpp"
#include "source/versions/combined_source.hpp"

namespace docteur {

// Opens the versions of `from`, in the image's order, but for those whose names `left_out` says. Fails with
// blame::usage for an image whose commit has no name; with blame::environment if the image cannot be read or `report`
// says to stop.
[[nodiscard]] outcome<std::vector<named_source>> open_image_versions(
    const std::shared_ptr<const image_objects>& from, const std::function<bool(std::string_view)>& left_out,
    progress& report);

}  // namespace docteur
