#include "source/remote/fetched_repository.hpp"

#include <string>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "base/private_folder.hpp"
#include "object/result.hpp"
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

outcome<std::unique_ptr<commit_source>> open_in(const shared_folder& folder, const remote_address& from,
                                                const oid& commit, unsigned threads, const tree_part& part,
                                                progress& report) {
  DOCTEUR_TRY(repository, find_repository(folder->path().native()));
  return open_repository(std::move(*repository), from.shown, {hex_text(commit), threads, folder, part}, report);
}

}  // namespace

outcome<std::unique_ptr<commit_source>> open_fetched(const remote_address& from, const fetch_options& options,
                                                     unsigned threads, const tree_part& part, progress& report) {
  DOCTEUR_TRY(folder, make_folder());
  const auto fetched = fetch_commit(from, options, *folder, report);
  if (!fetched) return failed_at(from, fetched.error());
  DOCTEUR_TRY(source, open_in(folder, from, fetched->id, threads, part, report));
  source->set_reference(fetched->reference);
  if (fetched->with_history)
    source->remark("the server can send a commit only with its history, so all of that was fetched");
  return source;
}

outcome<std::unique_ptr<commit_source>> open_pinned(const remote_address& from, const oid& commit,
                                                    std::chrono::seconds timeout, unsigned threads, progress& report) {
  DOCTEUR_TRY(folder, make_folder());
  if (const auto fetched = fetch_pinned(from, commit, timeout, *folder, report); !fetched)
    return failed_at(from, fetched.error());
  return open_in(folder, from, commit, threads, {}, report);
}

}  // namespace docteur
