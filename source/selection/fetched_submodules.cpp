#include "source/selection/fetched_submodules.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/remote/fetched_repository.hpp"
#include "source/selection/gitmodules.hpp"
#include "source/selection/submodule_address.hpp"

namespace docteur {
namespace {

struct settings {
  std::chrono::seconds timeout;
  unsigned threads;
  progress& report;
};

class fetching_finder final : public submodule_finder {
 public:
  fetching_finder(remote_address from, std::string path, gitmodules_loader gitmodules, const settings& options)
      : from_(std::move(from)), path_(std::move(path)), gitmodules_(std::move(gitmodules)), options_(options) {}

  outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) override {
    DOCTEUR_TRY(address, address_of(path));
    auto source = open_pinned(address, commit, options_.timeout, options_.threads, options_.report);
    if (!source) return failed(path, source.error());
    return source;
  }

  outcome<std::unique_ptr<submodule_finder>> inside(std::string_view path, gitmodules_loader gitmodules) override {
    DOCTEUR_TRY(address, address_of(path));
    return std::make_unique<fetching_finder>(std::move(address), std::string(path), std::move(gitmodules), options_);
  }

 private:
  static tl::unexpected<failure> failed(std::string_view path, const failure& why) {
    return give_up(why.who, printable(path) + ": " + why.message);
  }

  outcome<remote_address> address_of(std::string_view path) {
    if (!urls_) DOCTEUR_CHECK(read_gitmodules());
    const std::string_view own = path.substr(path_.empty() ? 0 : path_.size() + 1);
    const auto url = urls_->find(std::string(own));
    if (url == urls_->end() || url->second.empty())
      return give_up(blame::input, printable(path) + ": .gitmodules does not say where this submodule comes from");
    auto address = submodule_address(from_, url->second);
    if (!address) return failed(path, address.error());
    return address;
  }

  outcome<void> read_gitmodules() {
    const std::string name = path_.empty() ? ".gitmodules" : path_ + "/.gitmodules";
    auto content = gitmodules_();
    if (!content) return failed(name, content.error());
    auto words = parse_gitmodules(*content);
    if (!words) return failed(name, words.error());
    urls_.emplace();
    for (submodule_words& s : *words)
      if (!s.path.empty()) urls_->emplace(std::move(s.path), std::move(s.url));
    return {};
  }

  remote_address from_;
  std::string path_;  // of the submodule that contains these submodules; empty: the outermost repository
  gitmodules_loader gitmodules_;
  settings options_;
  std::optional<std::unordered_map<std::string, std::string>> urls_;  // by path; read on first use
};

}  // namespace

std::unique_ptr<submodule_finder> fetched_submodules(const remote_address& from, gitmodules_loader gitmodules,
                                                     std::chrono::seconds timeout, unsigned threads, progress& report) {
  return std::make_unique<fetching_finder>(from, "", std::move(gitmodules), settings{timeout, threads, report});
}

}  // namespace docteur
