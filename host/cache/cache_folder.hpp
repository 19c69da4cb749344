#pragma once
// The folder of cache files: who may use it, which images are in it, which was used last, and a bound on all of them
// (doc/CACHE.md). Hosted, Linux.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "host/cache/cache_layout.hpp"
#include "object/failure.hpp"

namespace docteur {

// One image in the folder.
struct cached_file {
  std::string file;          // its name in the folder
  cache_header image;        // empty name and size 0 if the file is not a cache file of this version
  std::uint64_t disk = 0;    // bytes it takes on the disk
  std::uint64_t use = 0;     // the greater, the later it was used; 0 if not good
  std::int64_t changed = 0;  // when it was last used or filled, seconds since 1970, for people
  bool in_use = false;       // by a process at this moment
  [[nodiscard]] bool good() const noexcept { return image.size > 0; }
};

// A manifest in the folder: what a name in a registry means (doc/CACHE.md, "Manifests").
struct cached_manifest {
  std::string file;          // its name in the folder: "NNNNNNNNNNNNNNNN-H.manifest"
  std::uint64_t disk = 0;    // bytes it takes on the disk
  std::int64_t changed = 0;  // when it was written, seconds since 1970
  // Whether it is of the image in the cache file of this name.
  [[nodiscard]] bool is_of(const std::string& image_file) const noexcept;
};

class cache_folder {
 public:
  // $XDG_CACHE_HOME/docteur/images, or ~/.cache/docteur/images. Fails with blame::usage if neither variable is set.
  [[nodiscard]] static outcome<std::filesystem::path> standard();
  // Opens the folder; `make`: makes it if it is missing, mode 0700, with the folders above it. Fails with
  // blame::environment if it does not exist, belongs to another user, or others can write to it.
  [[nodiscard]] static outcome<cache_folder> open(const std::filesystem::path& path, bool make);

  [[nodiscard]] int get() const noexcept { return fd_.get(); }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }  // printable

  // All files named *.blocks, the one used last first. Files that come or go meanwhile may be missing.
  [[nodiscard]] std::vector<cached_file> files() const;
  // All files named *.manifest, sorted by name.
  [[nodiscard]] std::vector<cached_manifest> manifests() const;
  // A number greater than the use counters of all files.
  [[nodiscard]] std::uint64_t next_use() const;
  // Removes one file, unless a process uses it or it is gone, and the manifests of its image with the last file of
  // that. Returns whether it removed it; errno says why not: EBUSY if it is in use.
  [[nodiscard]] bool remove(const std::string& file) const;
  // Removes manifests without an image, then files, the one not used for longest first, until all take at most `bound`
  // bytes, and what killed writers left behind. Returns the bytes that all files and manifests take then.
  std::uint64_t trim(std::uint64_t bound, std::vector<cached_file>* removed = nullptr) const;

 private:
  cache_folder() = default;
  [[nodiscard]] std::vector<std::string> names(std::string_view ending) const;
  [[nodiscard]] bool has_image(const cached_manifest& m) const;
  [[nodiscard]] std::optional<cached_file> look(const std::string& file) const;
  unique_fd fd_;
  std::string shown_;
};

}  // namespace docteur
