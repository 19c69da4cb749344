#include "source/repository/reftable_stack.hpp"

#include <set>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/objects/regular_file.hpp"
#include "source/repository/reftable.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostTableList = std::size_t{1} << 20;  // bytes
constexpr unsigned kMostAttempts = 10;

tl::unexpected<failure> failed(std::string_view file, const object_fault& why) {
  return give_up(why.who, "reftable/" + printable(file) + ": " + why.why);
}

class stack_reader {
 public:
  stack_reader(const std::string& folder, hash_kind kind, std::span<const std::string> names)
      : folder_(folder), kind_(kind), names_(names) {}

  outcome<std::vector<std::optional<reference_value>>> run() {
    std::string before;
    for (unsigned attempt = 0; attempt < kMostAttempts; ++attempt) {
      const auto list = read_regular(folder_ + "/tables.list", kMostTableList);
      if (!list) return failed("tables.list", list.error());
      if (attempt > 0 && *list == before)
        return give_up(blame::input, "reftable/" + printable(missing_) + ": is missing");
      const auto tables = parse_table_list(*list);
      if (!tables) return give_up(tables.error().who, "reftable/tables.list: " + tables.error().message);
      DOCTEUR_TRY(is_complete, read_tables(*tables));
      if (is_complete) return std::move(values_);
      before = *list;
    }
    return give_up(blame::environment, "reftable/tables.list: changes faster than its tables can be read");
  }

 private:
  // False when a table, then missing_, is not there.
  outcome<bool> read_tables(const std::vector<std::string>& tables) {
    values_.assign(names_.size(), std::nullopt);
    is_known_.assign(names_.size(), false);
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
      const auto file = table_file::open(folder_ + "/" + *table);
      const auto read = file ? read_table(**file) : tl::make_unexpected(file.error());
      if (read) continue;
      if (!read.error().missing) return failed(*table, read.error());
      missing_ = *table;
      return false;
    }
    return true;
  }

  // Into values_, where no newer table has the name.
  object_result<void> read_table(const table_file& file) {
    return read_reftable(file, kind_, [&](const reftable_record& record) {
      for (std::size_t i = 0; i < names_.size(); ++i) {
        if (is_known_[i] || names_[i] != record.name) continue;
        is_known_[i] = true;
        values_[i] = record.value;
      }
    });
  }

  const std::string& folder_;
  hash_kind kind_;
  std::span<const std::string> names_;
  std::vector<std::optional<reference_value>> values_;
  std::vector<bool> is_known_;  // whether a table has the name, or its deletion
  std::string missing_;
};

}  // namespace

outcome<std::vector<std::string>> parse_table_list(std::string_view text) {
  std::vector<std::string> tables;
  std::set<std::string_view> seen;
  while (!text.empty()) {
    const auto refuse = [&](const std::string& why) {
      return give_up(blame::input, "line " + std::to_string(tables.size() + 1) + " " + why);
    };
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return give_up(blame::input, "is cut: its last line does not end");
    const std::string_view name = text.substr(0, end);
    const bool is_good = !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
                         name.find('\0') == std::string_view::npos;
    if (!is_good) return refuse("is not a name of a table: \"" + printable(name) + "\"");
    if (!seen.insert(name).second) return refuse("names " + printable(name) + " again");
    tables.emplace_back(name);
    text.remove_prefix(end + 1);
  }
  return tables;
}

outcome<std::vector<std::optional<reference_value>>> read_reftables(const std::string& folder, hash_kind kind,
                                                                    std::span<const std::string> names) {
  return stack_reader(folder, kind, names).run();
}

}  // namespace docteur
