#pragma once
// The older image that docteur-make makes a new one from. Hosted.

#include <memory>
#include <string>
#include <vector>

#include "builder/build_image.hpp"
#include "builder/output_file.hpp"
#include "cli/command_line.hpp"
#include "object/progress.hpp"
#include "source/image/image_objects.hpp"
#include "source/versions/combined_source.hpp"

namespace docteur::cli {

struct previous_options {
  std::string from;   // file or block device; empty: none
  bool keep = false;  // its versions stay
};

// Adds --from and --keep.
void add_previous_options(command_line& app, previous_options& to);

class previous_image {
 public:
  // Opens and verifies the image that the options name, if any. `threads`: 0, one for each core. Fails as
  // image_objects::open() does, and with blame::usage if `out` is the block device that it is on: that is written in
  // place.
  [[nodiscard]] static outcome<previous_image> open(const previous_options& options, const output_file& out,
                                                    unsigned threads, progress& report);

  // Adds the versions of the image behind `versions`, but for those with a name that is there. Fails as
  // open_image_versions() does.
  [[nodiscard]] outcome<void> add_versions(std::vector<named_source>& versions, progress& report) const;

  // Sets what `image` depends on and what it keeps; nothing if there is no older image. `text`: the options. What is
  // returned must outlive the making of the image. Fails as find_kept_entries() does.
  [[nodiscard]] outcome<std::unique_ptr<kept_entries>> use(const object_source& source, const std::string& text,
                                                           image_options& image) const;

 private:
  std::shared_ptr<const image_objects> objects_;  // null: there is none
};

}  // namespace docteur::cli
