#include "verify/path_check.hpp"

#include "reader/heap.hpp"
#include "reader/image.hpp"

namespace docteur {
namespace {

bool is_environment(const error& e) { return e.code == errc::io || e.code == errc::out_of_memory; }

// Whether both images list the same; nodes are compared by kind and id.
result<bool> list_the_same(const image& a, const image& b) {
  DOCTEUR_TRY(in_a, a.list({}, image::depth::all));
  DOCTEUR_TRY(in_b, b.list({}, image::depth::all));
  for (;;) {
    const auto x = in_a.next();
    const auto y = in_b.next();
    if (!x || !y) return !x && !y;
    if (x->name != y->name || x->what != y->what) return false;
    if (x->what.kind != entry_kind::submodule) continue;
    DOCTEUR_TRY(x_id, a.id(x->what));
    DOCTEUR_TRY(y_id, b.id(y->what));
    if (x_id != y_id) return false;
  }
}

}  // namespace

outcome<void> check_paths(const device& d, const section& where, const limits& bounds, findings& found) {
  const auto proved = image::attach(d, heap_memory(), bounds, paths_from::trees);
  const auto told = image::attach(d, heap_memory(), bounds, paths_from::section);
  for (const auto* i : {&proved, &told})
    if (!*i && is_environment(i->error())) return give_up(blame::environment, i->error().what);
  if (!told && proved) found.add(told.error());
  if (!told || !proved) {
    if (found.count() == 0) found.add((proved ? told : proved).error());
    return {};
  }
  const auto same = list_the_same(*told, *proved);
  if (!same) return give_up(blame::environment, same.error().what);
  if (!*same || told->find({}) != proved->find({}))
    found.add(errc::malformed, where.offset, "path section is not what the trees say");
  return {};
}

}  // namespace docteur
