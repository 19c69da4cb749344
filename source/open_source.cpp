#include "source/open_source.hpp"

#include <optional>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/folder/directory.hpp"
#include "source/remote/fetched_repository.hpp"
#include "source/repository/repository.hpp"

namespace docteur {

namespace {

// Checks the options that are not for repositories.
outcome<void> check_options(commit_source& source, const source_options& options) {
  if (options.author || options.date)
    source.remark("--author and --date are for plain folders: the commit keeps its own");
  if (options.kind && *options.kind != source.kind())
    return give_up(blame::usage, "--object-format=" + std::string(name(*options.kind)) +
                                     " is for plain folders: the repository's ids are " +
                                     std::string(name(source.kind())));
  return {};
}

}  // namespace

outcome<std::unique_ptr<commit_source>> open_source(const location& where, const source_options& options,
                                                    progress& report) {
  if (where.remote) {
    DOCTEUR_TRY(from, fetched_repository::create(*where.remote, options.timeout));
    DOCTEUR_TRY(one, open_fetched(*from, options, {options.reference}, report));
    return std::move(one.front());
  }
  DOCTEUR_TRY(repository, find_repository(where.path));
  if (repository) {
    DOCTEUR_TRY(folder, folder_path(options.folder));
    const tree_part part{std::move(folder), false};
    DOCTEUR_TRY(source, open_repository(std::move(*repository), where.path,
                                        {options.reference, options.threads, nullptr, part, options.objects}, report));
    DOCTEUR_CHECK(check_options(*source, options));
    return source;
  }
  if (!options.reference.empty())
    return give_up(blame::usage, printable(where.path) + ": a plain folder has no branch " +
                                     printable(options.reference) + "; --branch is for repositories");
  directory_options plain;
  if (options.author) plain.commit.author = *options.author;
  plain.commit.date = options.date ? options.date : options.date_if_none;
  plain.excluded = options.excluded;
  plain.threads = options.threads;
  plain.kind = options.kind.value_or(hash_kind::sha1);
  return open_directory(where.path, plain, report);
}

outcome<std::vector<std::unique_ptr<commit_source>>> open_fetched(fetched_repository& from,
                                                                  const source_options& options,
                                                                  const std::vector<std::string>& references,
                                                                  progress& report) {
  DOCTEUR_TRY(folder, folder_path(options.folder));
  // Submodules of a fetched repository come from the URLs in .gitmodules.
  DOCTEUR_TRY(all, from.open(references, options.threads, {std::move(folder), true}, report));
  for (const auto& source : all) DOCTEUR_CHECK(check_options(*source, options));
  return all;
}

}  // namespace docteur
