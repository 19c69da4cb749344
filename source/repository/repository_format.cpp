#include "source/repository/repository_format.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/objects/regular_file.hpp"

namespace docteur {
namespace {

constexpr std::string_view kExtension = "extensions.";
constexpr std::string_view kReftable = "reftable";
// None of them matters for reading objects and references.
constexpr std::array<std::string_view, 8> kHarmless{"noop",
                                                    "noop-v1",
                                                    "partialclone",
                                                    "preciousobjects",
                                                    "worktreeconfig",
                                                    "compatobjectformat",
                                                    "relativeworktrees",
                                                    "submodulepathconfig"};

std::optional<hash_kind> kind_of(std::string_view value) {
  for (const hash_kind kind : {hash_kind::sha1, hash_kind::sha256})
    if (value == name(kind)) return kind;
  return std::nullopt;
}

outcome<void> check_extension(std::string_view name, const std::string& value, unsigned version) {
  if (name == "objectformat" && !kind_of(value))
    return give_up(blame::input, "a repository with " + printable(value) + " ids; sha1 and sha256 are known");
  if (name == "objectformat" && version == 0 && kind_of(value) != hash_kind::sha1)
    return give_up(blame::input, "a repository of format version 0 has no " + printable(value) + " ids");
  if (name == "refstorage" && value == kReftable && version == 0)
    return give_up(blame::input, "a repository of format version 0 has no reftables");
  if (name == "refstorage" && value != "files" && value != kReftable)
    return give_up(blame::input, "its references are stored as " + printable(value) +
                                     ", which is not supported; git refs migrate --ref-format=files makes files of "
                                     "them, and so does a clone (git clone --bare --ref-format=files)");
  if (name == "objectformat" || name == "refstorage" || version == 0 || std::ranges::count(kHarmless, name) > 0)
    return {};
  return give_up(blame::input, "it needs the repository extension " + printable(name) +
                                   ", which is not supported; a clone (git clone --bare) may work without it");
}

}  // namespace

outcome<std::vector<config_entry>> read_config(const std::string& path, const std::string& shown) {
  const auto text = read_regular(path, kMostConfig);
  if (!text && text.error().missing) return std::vector<config_entry>();
  if (!text) return give_up(text.error().who, shown + ": " + text.error().why);
  auto entries = parse_config(*text);
  if (!entries) return give_up(entries.error().who, shown + ": " + entries.error().message);
  return entries;
}

outcome<repository_format> repository_format_of(std::span<const config_entry> config) {
  repository_format format;
  unsigned version = 0;
  for (const config_entry& e : config) {
    if (e.name != "core.repositoryformatversion") continue;
    const std::string value = e.value.value_or("");
    if (value != "0" && value != "1")
      return give_up(blame::input,
                     "a repository of format version " + printable(value) + "; only 0 and 1 are supported");
    version = value == "1" ? 1 : 0;
  }
  for (const config_entry& e : config) {
    const std::string value = e.value.value_or("");
    // git-clone(1) --filter writes the second; git's partial-clone.txt names both.
    if (e.name == "extensions.partialclone" || (e.name.starts_with("remote.") && e.name.ends_with(".promisor")))
      format.is_partial = true;
    if (!e.name.starts_with(kExtension)) continue;
    const std::string_view name = std::string_view(e.name).substr(kExtension.size());
    if (name == "worktreeconfig") format.worktree_config = is_true(e.value);
    if (name == "refstorage") format.has_reftables = value == kReftable;
    DOCTEUR_CHECK(check_extension(name, value, version));
    if (name == "objectformat") format.kind = *kind_of(value);
  }
  take_worktree(config, format);
  return format;
}

void take_worktree(std::span<const config_entry> config, repository_format& format) {
  for (const config_entry& e : config) {
    if (e.name == "core.bare") format.is_bare = is_true(e.value);
    if (e.name == "core.worktree") format.worktree = e.value.value_or("");
  }
}

}  // namespace docteur
