#include "source/open_source.hpp"

#include <optional>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/folder/directory.hpp"
#include "source/remote/fetched_repository.hpp"
#include "source/repository/repository.hpp"

namespace docteur {

namespace {

outcome<std::unique_ptr<commit_source>> open_any_repository(std::optional<local_repository> local,
                                                            const location& where, const source_options& options,
                                                            progress& report) {
  DOCTEUR_TRY(folder, folder_path(options.folder));
  // Submodules of a fetched repository come from the URLs in .gitmodules.
  const tree_part part{std::move(folder), where.remote.has_value()};
  auto source = where.remote
                    ? open_fetched(*where.remote, {options.reference, options.timeout}, options.threads, part, report)
                    : open_repository(std::move(*local), where.path,
                                      {options.reference, options.threads, nullptr, part, options.objects}, report);
  if (source && (options.author || options.date))
    (*source)->remark("--author and --date are for plain folders: the commit keeps its own");
  if (source && options.kind && *options.kind != (*source)->kind())
    return give_up(blame::usage, "--object-format=" + std::string(name(*options.kind)) +
                                     " is for plain folders: the repository's ids are " +
                                     std::string(name((*source)->kind())));
  return source;
}

}  // namespace

outcome<std::unique_ptr<commit_source>> open_source(const location& where, const source_options& options,
                                                    progress& report) {
  if (where.remote) return open_any_repository({}, where, options, report);
  DOCTEUR_TRY(repository, find_repository(where.path));
  if (repository) return open_any_repository(std::move(repository), where, options, report);
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

}  // namespace docteur
