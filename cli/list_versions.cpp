#include "cli/list_versions.hpp"

#include <algorithm>

#include "cli/image_argument.hpp"
#include "object/result.hpp"
#include "reader/version_list.hpp"

namespace docteur::cli {
namespace {

result<tag_object> read_tag(opened_image& from, const oid& id) {
  DOCTEUR_TRY(position, from.image().index().find(id));
  if (!position) return fail(errc::malformed, 0, "the tag of a version is not in the image");
  DOCTEUR_TRY(object, from.reader().objects().read(from.image().index().offset(*position)));
  return tag_object{id, std::string(as_text(object.content.span()))};
}

// `same`: a version of the same commit that is known already, or nullptr.
result<verified_version> describe_version(opened_image& from, const version_list& list, const version& v,
                                          const verified_version* same) {
  verified_version out{std::string(v.name), std::string(v.reference), v.commit, {}, {}, 0};
  if (same != nullptr) {
    out.commit_content = same->commit_content;
    out.paths = same->paths;
  } else {
    DOCTEUR_TRY(paths, snapshot::attach(from.image(), list, v));
    out.commit_content = as_text(paths.commit_content());
    out.paths = paths.tree().size();
  }
  const std::size_t size = id_size(v.commit.kind());
  for (bytes rest = v.tags; !rest.empty(); rest = rest.subspan(size)) {
    DOCTEUR_TRY(tag, read_tag(from, oid::from(rest.data(), v.commit.kind())));
    out.tags.push_back(std::move(tag));
  }
  return out;
}

}  // namespace

outcome<std::vector<verified_version>> list_versions(opened_image& from) {
  const auto list = version_list::load(from.image());
  if (!list) return tl::make_unexpected(about(from, list.error(), "versions"));
  std::vector<verified_version> all;
  for (std::uint32_t i = 0; i < list->size(); ++i) {
    const auto same = std::ranges::find(all, (*list)[i].commit, &verified_version::commit);
    auto one = describe_version(from, *list, (*list)[i], same == all.end() ? nullptr : &*same);
    if (!one) return tl::make_unexpected(about(from, one.error(), (*list)[i].name));
    all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace docteur::cli
