#pragma once
// Writes a proof from a commit of an image to one entry of its trees (proof/commit_proof.hpp). Guest-safe.

#include <string_view>

#include "object/memory.hpp"
#include "object/oid.hpp"
#include "reader/image_reader.hpp"
#include "reader/version_list.hpp"

namespace docteur {

// `versions`: of the image. `commit`: of one of them, or the image's. `path`: '/' between names, none at either end;
// empty: the root folder. Symbolic links are not followed: the entry is the link itself. The path is looked up in the
// trees, each of which is compared with its id, so that the proof is right whatever the image's path section says. The
// annotated tags by which the image knows the commit are in the proof. Memory comes from the reader's allocator.
// Errors: not_found, wrong_kind, too_large (over kMostProof), bad_checksum, those of the reader.
[[nodiscard]] result<owned_array<std::byte>> write_commit_proof(image_reader& from, const version_list& versions,
                                                                const oid& commit, std::string_view path) noexcept;

}  // namespace docteur
