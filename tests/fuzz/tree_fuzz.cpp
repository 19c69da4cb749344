// Property: tree_reader returns entries with valid names in strict order, and written again they are the same bytes,
// except for leading zeros of a mode.
#include <optional>
#include <string>

#include "fuzz/property.hpp"
#include "object/path_rules.hpp"
#include "object/tree.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  const bytes in = fuzz_input(data, size);
  tree_reader entries(in);
  std::optional<tree_entry> last;
  std::string again;
  while (!entries.done()) {
    const auto entry = entries.next();
    if (!entry) return 0;
    PROPERTY(bad_entry_name(entry->name) == nullptr);
    PROPERTY(is_file(entry->kind) || !stands_for_gitmodules(entry->name));
    const auto is_directory = [](const tree_entry& e) { return e.kind == entry_kind::directory; };
    if (last) {
      PROPERTY(compare_tree_names(last->name, is_directory(*last), entry->name, is_directory(*entry)) < 0);
      PROPERTY(last->name != entry->name);
    }
    char mode[16];
    std::snprintf(mode, sizeof mode, "%o ", entry->mode);
    const std::size_t zeros = as_text(in).substr(again.size()).find_first_not_of('0');
    PROPERTY(entry->zero_padded == (zeros > 0));
    again.append(zeros, '0');
    again += mode;
    again += entry->name;
    again += '\0';
    again.append(reinterpret_cast<const char*>(entry->id.raw.data()), kOidSize);
    last = *entry;
  }
  PROPERTY(again == as_text(in));
  return 0;
}
