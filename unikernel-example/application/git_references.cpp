#include "unikernel-example/application/git_references.hpp"

#include <algorithm>
#include <array>

#include "layout/tag_section.hpp"
#include "object/commit.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";
constexpr std::string_view kMadeUpBranch = "refs/heads/main";

[[nodiscard]] bool is_good_part(std::string_view part) noexcept {
  return !part.empty() && part.front() != '.' && !part.ends_with(".lock");
}

// Reads the object `id`, which must be of `type`. Valid as long as the result.
[[nodiscard]] result<shared_content> read(site& s, const oid& id, object_type type) {
  DOCTEUR_TRY(facts, s.facts(id));
  if (facts->type != type) return fail(errc::wrong_kind, 0, "an object of another type");
  return s.whole(*facts, content_form::plain);
}

// "refs/tags/NAME" of a tag object.
[[nodiscard]] result<std::string> name_of_tag(site& s, const oid& id) {
  DOCTEUR_TRY(content, read(s, id, object_type::tag));
  DOCTEUR_TRY(tag, parse_tag(content->view(), id.kind()));
  return std::string(kTags).append(tag.tag);
}

// The ids of the lines "parent ID", which parse_commit() has checked.
[[nodiscard]] std::vector<oid> parents_in(const commit_view& commit, hash_kind kind) {
  constexpr std::string_view key = "parent ";
  std::vector<oid> all;
  for (std::string_view rest = commit.headers; !rest.empty() && all.size() < commit.parents;) {
    const std::string_view line = take_until(rest, '\n');
    if (!line.starts_with(key)) continue;
    if (const auto id = parse_hex(line.substr(key.size()), kind)) all.push_back(*id);
  }
  return all;
}

}  // namespace

bool is_git_reference(std::string_view name) noexcept {
  constexpr std::string_view refused = " ~^:?*[\\";
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || refused.find(c) != std::string_view::npos) return false;
  if (name.find('/') == std::string_view::npos || name.ends_with('/') || name.ends_with('.') ||
      name.find("..") != std::string_view::npos || name.find("@{") != std::string_view::npos)
    return false;
  for (std::string_view rest = name; !rest.empty();)
    if (!is_good_part(take_until(rest, '/'))) return false;
  return true;
}

void git_references::add(std::string name, const oid& id, std::optional<oid> peeled) {
  // As git branch: a name that its commands would take for an option or for HEAD is none.
  if (is_git_reference(name) && !name.starts_with("refs/heads/-") && name != "refs/heads/HEAD")
    all_.push_back({std::move(name), id, peeled});
}

result<done> git_references::add_version(site& s, std::string_view name, std::string_view reference, const oid& commit,
                                         bytes tags) {
  commits_.push_back(commit);
  for (std::size_t at = 0; at < tags.size(); at += id_size(commit.kind()))
    tags_.push_back({oid::from(tags.data() + at, commit.kind()), commit});
  if (!tags.empty()) {
    std::string full(reference);
    if (!reference.starts_with(kTags)) {
      DOCTEUR_TRY(own, name_of_tag(s, tags_[tags_.size() - tags.size() / id_size(commit.kind())].id));
      full = std::move(own);
    }
    add(std::move(full), oid::from(tags.data(), commit.kind()), commit);
    if (reference.starts_with(kTags)) return done{};
  }
  const bool is_full = reference.starts_with(kBranches) || reference.starts_with(kTags);
  add(is_full ? std::string(reference) : std::string(kBranches).append(name), commit, std::nullopt);
  return done{};
}

// An image of one commit has its tags in a section of their own.
result<done> git_references::add_tag_section(site& s) {
  const docteur::image& image = s.image();
  const section* const where = image.sections() ? image.sections()->find(section_type::tags) : nullptr;
  if (where == nullptr) return done{};
  std::array<std::byte, kTagSectionHeader + std::size_t{kMostTags} * kMaxIdSize> raw;
  if (where->length < kTagSectionHeader || where->length > raw.size())
    return fail(errc::malformed, where->offset, "length of the tag section");
  const mutable_bytes all = mutable_bytes(raw).first(where->length);
  DOCTEUR_CHECK(read_exactly(image.disk(), where->offset, all));
  DOCTEUR_CHECK(decode_tag_section_head(all.first(kTagSectionHeader), where->length, where->offset, image.kind()));
  const bytes ids = all.subspan(kTagSectionHeader);
  for (std::size_t at = 0; at < ids.size(); at += id_size(image.kind()))
    tags_.push_back({oid::from(ids.data() + at, image.kind()), image.commit_id()});
  DOCTEUR_TRY(name, name_of_tag(s, tags_.front().id));
  add(std::move(name), tags_.front().id, image.commit_id());
  return done{};
}

void git_references::choose_head(const oid& commit, std::string_view first_branch) {
  const auto find = [this](std::string_view name) {
    const auto at = std::ranges::lower_bound(all_, name, {}, &git_reference::name);
    return at != all_.end() && at->name == name ? at : all_.end();
  };
  if (find(first_branch) != all_.end()) {
    head_ = first_branch;
    return;
  }
  // Clients want HEAD to be a branch, which an image of a tag has not.
  const auto other = find(kMadeUpBranch);
  if (other == all_.end()) {
    all_.insert(std::ranges::lower_bound(all_, kMadeUpBranch, {}, &git_reference::name),
                {std::string(kMadeUpBranch), commit, std::nullopt});
  } else if (other->id != commit) {
    return;
  }
  head_ = kMadeUpBranch;
}

result<git_references> git_references::load(site& s) {
  git_references r;
  const version_list& list = s.shared().versions().list();
  const oid& commit = s.image().commit_id();
  std::string first_branch;
  if (list.empty()) {
    r.commits_.push_back(commit);
    DOCTEUR_CHECK(r.add_tag_section(s));
  }
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    const version v = list[i];
    DOCTEUR_CHECK(r.add_version(s, v.name, v.reference, v.commit, v.tags));
    if (i == 0 && !r.all_.empty() && r.all_.back().name.starts_with(kBranches)) first_branch = r.all_.back().name;
  }
  // Of two references of one name the first counts.
  std::ranges::stable_sort(r.all_, {}, &git_reference::name);
  const auto of_one_name = [](const git_reference& a, const git_reference& b) { return a.name == b.name; };
  r.all_.erase(std::unique(r.all_.begin(), r.all_.end(), of_one_name), r.all_.end());
  r.choose_head(commit, first_branch);
  r.all_.insert(r.all_.begin(), {"HEAD", commit, std::nullopt});
  std::ranges::sort(r.commits_);
  r.commits_.erase(std::unique(r.commits_.begin(), r.commits_.end()), r.commits_.end());
  r.parents_.resize(r.commits_.size());
  std::ranges::sort(r.tags_, {}, &tag::id);
  return r;
}

std::optional<std::size_t> git_references::commit_of(const oid& id) const noexcept {
  const auto tagged = std::ranges::lower_bound(tags_, id, {}, &tag::id);
  const oid& commit = tagged != tags_.end() && tagged->id == id ? tagged->commit : id;
  const auto at = std::ranges::lower_bound(commits_, commit);
  if (at == commits_.end() || *at != commit) return std::nullopt;
  return static_cast<std::size_t>(at - commits_.begin());
}

result<const std::vector<oid>*> git_references::parents(site& s, std::size_t number) {
  auto& known = parents_[number];
  if (!known) {
    DOCTEUR_TRY(content, read(s, commits_[number], object_type::commit));
    DOCTEUR_TRY(commit, parse_commit(content->view(), commits_[number].kind()));
    known = parents_in(commit, commits_[number].kind());
  }
  return &*known;
}

}  // namespace docteur::cache_vm
