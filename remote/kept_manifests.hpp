#pragma once
// Manifests that a cache folder keeps, so that an image in a registry is found while the registry is away
// (doc/CACHE.md, "Manifests"). Hosted.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace docteur {

// The manifest that was kept last for the image `name`; nullopt if there is none or the folder cannot be used. Whoever
// can write to the folder is the user.
[[nodiscard]] std::optional<std::string> kept_manifest(const std::filesystem::path& folder, const std::string& name);
// Keeps it, until the image is removed that the folder knows as `image`. One that cannot be kept, or is longer than
// 64 KiB, is left out.
void keep_manifest(const std::filesystem::path& folder, const std::string& name, const std::string& image,
                   std::string_view manifest);

}  // namespace docteur
