#include "builder/path_section.hpp"

#include "builder/path_section_writer.hpp"

namespace docteur {

outcome<std::vector<std::byte>> make_path_section(path_lister& paths, const oid& root, std::size_t objects) {
  path_section_writer out(static_cast<std::uint32_t>(objects));
  DOCTEUR_CHECK(paths.run(root, [&out](std::string_view path, entry_kind kind, std::uint32_t position, const oid& id) {
    if (kind == entry_kind::submodule) {
      out.add_submodule(path, id);
    } else {
      out.add(path, kind, position);
    }
  }));
  return out.finish();
}

}  // namespace docteur
