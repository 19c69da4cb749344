#include "reader/path_section_reader.hpp"

#include "pack/inflate.hpp"
#include "reader/key_check.hpp"
#include "reader/node.hpp"
#include "reader/path_records.hpp"

namespace docteur {

result<done> read_path_section(const device& from, const section& where, std::uint32_t objects, const memory& mem,
                               const limits& bounds, path_tree_builder& paths, oid_list& submodules) noexcept {
  DOCTEUR_TRY(inflate, inflater::make());
  path_records records(from, where, mem, inflate);
  key_check keys(bounds);
  DOCTEUR_CHECK(records.open(objects, bounds, false));
  for (path_records::record r{};;) {
    DOCTEUR_TRY(more, records.next(r));
    if (!more) break;
    const node n{static_cast<entry_kind>(r.kind), r.position};
    if (auto added = paths.add_tail(r.shared, r.tail, to_record(n)); !added)
      return fail(added.error().code, records.at(), added.error().what);
    DOCTEUR_CHECK(keys.check(paths.last_key(), r.shared, n.kind, records.has_backslash(), records.at()));
  }
  return records.finish(submodules);
}

}  // namespace docteur
