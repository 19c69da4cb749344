#pragma once
// The URL of an upload that has begun, kept in a file: another run of the program goes on with it. Hosted.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "object/oid.hpp"
#include "remote/registry_name.hpp"

namespace docteur {

// A failure to read or to write is as if nothing were kept: the upload then begins anew.
class kept_upload {
 public:
  struct place {
    std::string url;
    std::uint64_t chunk = 0;  // bytes that the registry asked for at least; 0: it did not
  };

  // Of the blob `digest` to the repository of `name`. `folder`: made when there is something to keep; nullopt: nothing
  // is kept.
  kept_upload(const std::optional<std::filesystem::path>& folder, const registry_name& name, const oid& digest);

  // What was kept last. Whoever can write to the folder is the user.
  [[nodiscard]] std::optional<place> read() const;
  void keep(const place& where);
  void forget();

 private:
  std::optional<std::filesystem::path> folder_;
  std::string file_;
};

// $XDG_CACHE_HOME/docteur/uploads, or ~/.cache/docteur/uploads; nullopt if neither variable is set.
[[nodiscard]] std::optional<std::filesystem::path> standard_upload_folder();

}  // namespace docteur
