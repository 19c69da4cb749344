#include <array>
#include <utility>

#include "object/result.hpp"
#include "source/repository/reference_rules.hpp"
#include "source/repository/references.hpp"
#include "source/repository/reftable_stack.hpp"

namespace docteur {
namespace {

// Git keeps these in files wherever references are stored: they hold more than an id (gitglossary(7), "pseudoref").
bool is_file(const std::string& name) { return name == "FETCH_HEAD" || name == "MERGE_HEAD"; }

class reftables final : public references {
 public:
  reftables(std::string folder, std::string common_folder, hash_kind kind)
      : folder_(std::move(folder)), common_(std::move(common_folder)), kind_(kind) {}

  outcome<std::vector<std::optional<reference_value>>> read(std::span<const std::string> names) const override {
    std::array<part, 3> parts;
    for (std::size_t i = 0; i < names.size(); ++i) {
      part& of = parts[is_file(names[i]) ? 0 : is_of_worktree(names[i]) && folder_ != common_ ? 1 : 2];
      of.names.push_back(names[i]);
      of.places.push_back(i);
    }
    std::vector<std::optional<reference_value>> values(names.size());
    const auto take = [&](const part& of, auto&& read) -> outcome<void> {
      if (of.names.empty()) return {};
      DOCTEUR_TRY(found, read());
      for (std::size_t i = 0; i < of.places.size(); ++i) values[of.places[i]] = std::move(found[i]);
      return {};
    };
    DOCTEUR_CHECK(take(parts[0], [&] { return references_in_files(folder_, common_, kind_)->read(parts[0].names); }));
    DOCTEUR_CHECK(take(parts[1], [&] { return read_reftables(folder_ + "/reftable", kind_, parts[1].names); }));
    DOCTEUR_CHECK(take(parts[2], [&] { return read_reftables(common_ + "/reftable", kind_, parts[2].names); }));
    return values;
  }

 private:
  // What is read in one place.
  struct part {
    std::vector<std::string> names;
    std::vector<std::size_t> places;  // of each among those that were asked for
  };

  std::string folder_;
  std::string common_;
  hash_kind kind_;
};

}  // namespace

std::unique_ptr<references> references_in_reftable(std::string folder, std::string common_folder, hash_kind kind) {
  return std::make_unique<reftables>(std::move(folder), std::move(common_folder), kind);
}

}  // namespace docteur
