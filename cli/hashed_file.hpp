#pragma once
// The hash of a file's content, with a front that depends on its size. Hosted, POSIX.

#include <functional>
#include <string>

#include "object/failure.hpp"
#include "object/hasher.hpp"

namespace docteur::cli {

// `start`: makes the hash for content of so many bytes. `link`: if `path` is a symbolic link, its target is the
// content; otherwise links are followed. Fails with blame::environment if the file cannot be read or changes meanwhile.
[[nodiscard]] outcome<oid> hash_file(const std::string& path, bool link,
                                     const std::function<hasher(std::uint64_t size)>& start);

}  // namespace docteur::cli
