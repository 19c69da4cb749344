#include "source/open_source.hpp"

#include "source/directory.hpp"
#include "source/printable.hpp"
#include "source/repository.hpp"

namespace docteur {

outcome<std::unique_ptr<commit_source>> open_source(const location& where, const source_options& options,
                                                    progress& report) {
  DOCTEUR_TRY(repository, find_repository(where.path));
  if (repository) {
    DOCTEUR_TRY(source,
                open_repository(std::move(repository), where.path, {options.reference, options.threads}, report));
    if (options.author || options.date)
      source->remark("--author and --date are for plain folders: the commit keeps its own");
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
  return open_directory(where.path, plain, report);
}

}  // namespace docteur
