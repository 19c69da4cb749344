#pragma once
// Makes the list section (layout/list_section.hpp): hashes all files and has the root signed. Hosted.

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "builder/path_lister.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "pack/object_source.hpp"
#include "proof/file_list.hpp"

namespace docteur {

struct list_signature {
  list_signature_kind kind;
  std::vector<std::byte> raw;  // without armour
};
// Signs a statement (statement_text).
using list_signer = std::function<outcome<list_signature>(std::string_view statement)>;

// Returns the content of the list section for the commit of `source`: its first version. Reads every file again, on
// `threads` threads (0: all cores). Fails when the source, the signer or `report` does, for a commit without files
// (blame::input), and when content does not match its id.
[[nodiscard]] outcome<std::vector<std::byte>> make_list_section(path_lister& paths, const object_source& source,
                                                                const list_signer& sign, unsigned threads,
                                                                progress& report);

}  // namespace docteur
