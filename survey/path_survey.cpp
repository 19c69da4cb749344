#include "survey/path_survey.hpp"

namespace docteur {
namespace {

// Finds the parent of each path. Paths come in the order of the path tree, where a directory is directly followed by
// all that is in it, so a stack of open directories is enough.
class path_stack {
 public:
  explicit path_stack(std::vector<surveyed_path>& paths) : paths_(paths) {}

  // Adds a path and returns its index.
  std::uint32_t add(std::string_view path, entry_kind kind, std::uint32_t object) {
    while (!open_.empty() && !lies_below(path, open_.back())) open_.pop_back();
    const std::size_t skip = open_.empty() ? 0 : open_.back().path.size() + 1;
    const auto index = static_cast<std::uint32_t>(paths_.size());
    const std::uint32_t parent = paths_.empty() ? kNone : open_.empty() ? 0 : open_.back().index;
    paths_.push_back({std::string(path.substr(skip)), parent, object, kind});
    if (kind == entry_kind::directory && !path.empty()) open_.push_back({std::string(path), index});
    return index;
  }

 private:
  struct directory {
    std::string path;
    std::uint32_t index;
  };
  static bool lies_below(std::string_view path, const directory& d) {
    return path.size() > d.path.size() && path[d.path.size()] == '/' && path.starts_with(d.path);
  }

  std::vector<surveyed_path>& paths_;
  std::vector<directory> open_;
};

}  // namespace

result<std::vector<surveyed_path>> survey_paths(const snapshot& of, std::span<const std::uint32_t> entries,
                                                std::vector<surveyed_object>& objects) {
  std::vector<surveyed_path> paths;
  path_stack stack(paths);
  const auto add = [&](std::string_view path, const node& n) {
    const std::uint32_t object = n.kind == entry_kind::submodule ? kNone : entries[n.position];
    const std::uint32_t index = stack.add(path, n.kind, object);
    if (object != kNone && objects[object].path == kNone) objects[object].path = index;
  };
  const auto root = of.find("");
  if (!root) return fail(errc::malformed, 0, "the image has no root");
  add("", *root);
  DOCTEUR_TRY(list, of.list("", snapshot::depth::all));
  while (const auto e = list.next()) add(e->name, e->node);
  return paths;
}

}  // namespace docteur
