#include "source/remote/fetched_repository.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "base/private_folder.hpp"
#include "object/result.hpp"
#include "source/objects/git_objects.hpp"
#include "source/remote/git_command.hpp"
#include "source/repository/reference_rules.hpp"
#include "source/repository/repository.hpp"

namespace docteur {
namespace {

using shared_folder = std::shared_ptr<const private_folder>;

outcome<shared_folder> make_folder() {
  DOCTEUR_TRY(made, private_folder::create());
  return std::make_shared<const private_folder>(std::move(made));
}

tl::unexpected<failure> failed_at(const remote_address& from, const failure& why) {
  return give_up(why.who, printable(from.shown) + ": " + why.message);
}

using shared_objects = std::shared_ptr<const git_objects>;

// `objects`: those of the repository, if they are open already.
outcome<std::unique_ptr<commit_source>> open_in(const shared_folder& folder, const remote_address& from,
                                                const std::string& revision, unsigned threads, const tree_part& part,
                                                const shared_objects& objects, progress& report) {
  DOCTEUR_TRY(repository, find_repository(folder->path().native()));
  return open_repository(std::move(*repository), from.shown, {revision, threads, folder, part, objects}, report);
}

// What the full names of all references that match a pattern begin with.
outcome<void> add_beginnings(const std::string& pattern, std::vector<std::string>& to) {
  const std::string begin = pattern.substr(0, pattern.find_first_of("*?["));
  std::vector<std::string> found;
  if (begin.starts_with("refs/")) {
    found = {begin};
  } else {
    found = {"refs/heads/" + begin, "refs/tags/" + begin};
  }
  for (std::string& one : found) {
    // git would refuse it.
    if (!is_reference_name(one + "x")) return give_up(blame::input, printable(pattern) + ": no such branch or tag");
    if (std::ranges::find(to, one) == to.end()) to.push_back(std::move(one));
  }
  return {};
}

}  // namespace

outcome<std::unique_ptr<fetched_repository>> fetched_repository::create(remote_address from,
                                                                        std::chrono::seconds timeout) {
  DOCTEUR_TRY(folder, make_folder());
  return std::unique_ptr<fetched_repository>(new fetched_repository(std::move(from), timeout, std::move(folder)));
}

outcome<std::vector<std::vector<listed_reference>>> fetched_repository::list(std::span<const std::string> patterns,
                                                                             progress& report) {
  std::vector<std::string> beginnings;
  for (const std::string& pattern : patterns)
    if (const auto added = add_beginnings(pattern, beginnings); !added) return failed_at(from_, added.error());
  const auto listing = list_remote(from_, beginnings, timeout_, *folder_, report);
  if (!listing) return failed_at(from_, listing.error());
  listing_ = *listing;
  DOCTEUR_TRY(repository, find_repository(folder_->path().native()));
  std::vector<std::vector<listed_reference>> all;
  for (const std::string& pattern : patterns) {
    auto found = list_references(*repository, pattern, report);
    if (!found) return failed_at(from_, found.error());
    for (const listed_reference& r : *found) listed_.push_back(r.name);
    all.push_back(std::move(*found));
  }
  return all;
}

// What came with the listing is not fetched again.
bool fetched_repository::is_there(const std::string& reference) const {
  return listing_ && listing_->has_contents && std::ranges::find(listed_, reference) != listed_.end();
}

outcome<std::vector<std::unique_ptr<commit_source>>> fetched_repository::open(
    const std::vector<std::string>& references, unsigned threads, const tree_part& part, progress& report) {
  std::vector<std::string> wanted;
  std::ranges::copy_if(references, std::back_inserter(wanted), [&](const auto& name) { return !is_there(name); });
  std::vector<fetched_commit> fetched;
  if (!wanted.empty()) {
    auto some = fetch_commits(from_, {wanted, timeout_}, *folder_, report, listing_ ? &*listing_ : nullptr);
    if (!some) return failed_at(from_, vanished(some.error()));
    fetched = std::move(*some);
  }
  forget_credentials(*folder_);
  const hash_kind kind = fetched.empty() ? listing_->kind : fetched.front().id.kind();
  DOCTEUR_TRY(objects, git_objects::open((folder_->path() / "objects").native(), kind));
  const shared_objects shared = std::move(objects);
  std::vector<std::unique_ptr<commit_source>> all;
  auto next = fetched.begin();
  bool with_history = listing_ && listing_->with_history;
  for (const std::string& name : references) {
    const bool there = is_there(name);
    DOCTEUR_TRY(source, open_in(folder_, from_, there ? name : hex_text(next->id), threads, part, shared, report));
    source->set_reference(there ? name : next->reference);
    if (!there) with_history |= (next++)->with_history;
    if (with_history) source->remark("the server can send a commit only with its history, so all of that was fetched");
    all.push_back(std::move(source));
  }
  return all;
}

failure fetched_repository::vanished(failure why) const {
  for (const std::string& name : listed_)
    if (why.message == printable(name) + ": no such branch or tag")
      why.message += " any more; it was there when the references were listed";
  return why;
}

outcome<std::unique_ptr<commit_source>> open_pinned(const remote_address& from, const oid& commit,
                                                    std::chrono::seconds timeout, unsigned threads, progress& report) {
  DOCTEUR_TRY(folder, make_folder());
  if (const auto fetched = fetch_pinned(from, commit, timeout, *folder, report); !fetched)
    return failed_at(from, fetched.error());
  return open_in(folder, from, hex_text(commit), threads, {}, nullptr, report);
}

}  // namespace docteur
