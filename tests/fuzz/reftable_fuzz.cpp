// Property: names in a table ascend strictly, what it says of them stands in the file, only one kind of ids fits, and
// the same references written anew are read the same. A list of tables names files of its folder, and all of its lines.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/property.hpp"
#include "source/repository/reftable.hpp"
#include "source/repository/reftable_stack.hpp"
#include "support/reftable_writer.hpp"

namespace {

using namespace docteur;

bool is_same(const written_record& a, const written_record& b) {
  if (a.name != b.name || a.value.has_value() != b.value.has_value()) return false;
  return !a.value || (a.value->id == b.value->id && a.value->target == b.value->target);
}

// The references of the table, all properties of it checked; `is_good`: whether it was read to its end.
std::vector<written_record> read(const std::string& text, hash_kind kind, bool& is_good) {
  std::vector<written_record> found;
  const auto all = read_reftable(table_file(to_vector(text)), kind, [&](const reftable_record& r) {
    PROPERTY(!r.name.empty() && r.name.find('\0') == std::string_view::npos);
    PROPERTY(found.empty() || found.back().name < r.name);
    if (r.value) {
      PROPERTY(r.value->id.has_value() == r.value->target.empty());
      if (r.value->id) PROPERTY(r.value->id->kind() == kind);
      const std::string_view value = r.value->id ? as_text(r.value->id->view()) : std::string_view(r.value->target);
      PROPERTY(text.find(value) != std::string::npos);
    }
    PROPERTY(text.find(r.name.back()) != std::string::npos);
    found.push_back({std::string(r.name), r.value, {}});
  });
  is_good = all.has_value();
  PROPERTY(is_good || (!all.error().missing && all.error().who == blame::input && !all.error().why.empty()));
  PROPERTY(found.size() * 4 <= text.size());  // each record has at least three numbers and a byte of a name
  return found;
}

// Whether `text` is a table of `kind`.
bool check_table(const std::string& text, hash_kind kind) {
  bool is_good = false;
  const std::vector<written_record> found = read(text, kind, is_good);
  if (!is_good) return false;
  for (const std::size_t most : {std::size_t{100}, std::size_t{1} << 20}) {
    reftable_writer writer({.kind = kind, .most = most, .interval = 3});
    for (const written_record& r : found) writer.add(r);
    bool is_still_good = false;
    const std::vector<written_record> again = read(writer.finish(), kind, is_still_good);
    PROPERTY(is_still_good && std::ranges::equal(again, found, is_same));
  }
  return true;
}

void check_list(std::string_view text) {
  const auto tables = parse_table_list(text);
  if (!tables) {
    PROPERTY(tables.error().who == blame::input);
    return;
  }
  std::string whole;
  for (const std::string& table : *tables) {
    PROPERTY(!table.empty() && table != "." && table != ".." && table.find('/') == std::string::npos);
    PROPERTY(std::ranges::count(*tables, table) == 1);
    whole += table + "\n";
  }
  PROPERTY(whole == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text(fuzz_input(data, size)));
  check_list(text);
  // Behind the checksum, too: else it is all that is tried.
  for (const std::string& table : {text, resealed(text)})
    PROPERTY(!(check_table(table, hash_kind::sha1) && check_table(table, hash_kind::sha256)));
  return 0;
}
