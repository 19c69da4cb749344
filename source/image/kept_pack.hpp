#pragma once
// The entries of an older image that a new one takes as they lie (docteur-make --from). Hosted.

#include <memory>

#include "pack/kept_entries.hpp"
#include "pack/object_source.hpp"
#include "pack/writer.hpp"
#include "source/image/image_objects.hpp"

namespace docteur {

// Finds the entries of `from` that hold objects of `source` and can stay as they are: whole objects, and deltas of
// those with no longer chains than `options` allow. A blob that is too large to be a delta or a base must have
// restart points. For each other object, the one is suggested that its predecessor at the same path had as its base, or
// what stands at that base's path now; the predecessor itself, if `source` still has it. `source` must outlive what is
// returned. Fails with blame::input if the image's ids are of another kind than the source's; with blame::environment
// if it cannot be read.
[[nodiscard]] outcome<std::unique_ptr<kept_entries>> find_kept_entries(std::shared_ptr<const image_objects> from,
                                                                       const object_source& source,
                                                                       const pack_options& options);

}  // namespace docteur
