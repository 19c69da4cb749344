#pragma once
// Writes a proof from the signed list of an image to one file (proof/list_proof.hpp). Guest-safe.

#include <optional>
#include <string_view>

#include "object/memory.hpp"
#include "reader/image_reader.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

// The number of files, links and submodules before the one of this leaf in the list: an array of the leaf numbers of
// all of them, ascending (reader/node.hpp, node::leaf). Errors: out_of_memory, those of snapshot::list().
[[nodiscard]] result<owned_array<std::uint32_t>> list_leaves(const snapshot& of, const memory& from) noexcept;

// `of`: the snapshot of the image's commit. `leaves`: list_leaves(). `n`: of this snapshot, at `path`. `content`: its
// SHA-256, or nullopt if it was not read. With it, the proof is compared with the section before it is returned.
// Errors: not_found if the image has no list of files; wrong_kind for a folder; bad_checksum if the list has other
// content there; malformed, those of the device.
[[nodiscard]] result<owned_array<std::byte>> write_list_proof(const image& from, const snapshot& of,
                                                              std::span<const std::uint32_t> leaves, const node& n,
                                                              std::string_view path, const std::optional<oid>& content,
                                                              const memory& heap) noexcept;

}  // namespace docteur
