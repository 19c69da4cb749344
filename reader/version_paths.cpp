#include "reader/version_paths.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "layout/versions_section.hpp"
#include "pack/inflate.hpp"
#include "reader/key_check.hpp"
#include "reader/node.hpp"
#include "reader/path_records.hpp"

namespace docteur {
namespace {

// A list of paths with its current record. List 0 is the path section, the others change what comes before them.
class path_list {
 public:
  path_list(const device& from, const section& where, const memory& mem, inflater& inflate) noexcept
      : records_(from, where, mem, inflate), key_(mem) {}

  result<done> open(std::uint32_t objects, const limits& bounds, bool removes) noexcept {
    DOCTEUR_CHECK(records_.open(objects, bounds, removes));
    return advance();
  }
  result<done> advance() noexcept {
    DOCTEUR_TRY(more, records_.next(record_));
    is_over_ = !more;
    if (is_over_) return done{};
    if (record_.shared > key_.size()) return fail(errc::malformed, at(), "a path shares more than there is");
    const std::size_t size = record_.shared + record_.tail.size();
    if (size > kMostKey) return fail(errc::too_large, at(), "path is longer than the limit");
    // Ascending: the byte after the shared ones is greater than it was.
    if (is_begun_ && (record_.tail.empty() ||
                      (record_.shared < key_.size() && static_cast<unsigned char>(record_.tail[0]) <=
                                                           static_cast<unsigned char>(key_[record_.shared]))))
      return fail(errc::malformed, at(), "paths out of order");
    is_begun_ = true;
    DOCTEUR_CHECK(key_.resize(size));
    if (!record_.tail.empty()) std::memcpy(key_.data() + record_.shared, record_.tail.data(), record_.tail.size());
    return done{};
  }

  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  [[nodiscard]] std::string_view key() const noexcept { return {key_.data(), key_.size()}; }
  [[nodiscard]] bool removes() const noexcept { return record_.kind == kRemovedPath; }
  [[nodiscard]] node what() const noexcept { return {static_cast<entry_kind>(record_.kind), record_.position}; }
  [[nodiscard]] std::uint64_t at() const noexcept { return records_.at(); }
  [[nodiscard]] result<done> finish(oid_list& submodules) noexcept { return records_.finish(submodules); }

 private:
  static constexpr std::size_t kMostKey = 65'535;  // bytes; path_tree's bound

  path_records records_;
  path_records::record record_{};
  owned_array<char> key_;
  bool is_over_ = false;
  bool is_begun_ = false;
};

class merge {
 public:
  merge(const memory& mem, const limits& bounds, path_tree_builder& paths, inflater&& inflate) noexcept
      : memory_(mem), bounds_(bounds), paths_(paths), inflater_(std::move(inflate)), keys_(bounds), origins_(mem) {}

  // The next list; the path section first.
  result<done> add(const device& from, const section& where, std::uint32_t objects) noexcept {
    lists_[count_].emplace(from, where, memory_, inflater_);
    DOCTEUR_CHECK(lists_[count_]->open(objects, bounds_, count_ > 0));
    ++count_;
    return done{};
  }

  result<done> run(oid_list& submodules) noexcept {
    for (;;) {
      DOCTEUR_TRY(more, take());
      if (!more) break;
    }
    return collect(submodules);
  }

 private:
  struct origin {
    std::uint32_t list;
    std::uint32_t position;
  };

  // Adds the path of the least key that is left, as the last list with it has it. False if none is left.
  result<bool> take() noexcept {
    std::size_t last = count_;  // of the lists with the least key
    std::size_t first = count_;
    for (std::size_t i = 0; i < count_; ++i) {
      if (lists_[i]->is_over()) continue;
      const int order = last == count_ ? -1 : lists_[i]->key().compare(lists_[last]->key());
      if (order < 0) first = i;
      if (order <= 0) last = i;
    }
    if (last == count_) return false;
    if (lists_[first]->removes())
      return fail(errc::malformed, lists_[first]->at(), "a path is removed that is not there");
    if (!lists_[last]->removes()) DOCTEUR_CHECK(put(static_cast<std::uint32_t>(last)));
    const std::string_view key = lists_[last]->key();
    // Those before `last` first: `key` is of that list.
    for (std::size_t i = first; i < last; ++i)
      if (!lists_[i]->is_over() && lists_[i]->key() == key) DOCTEUR_CHECK(lists_[i]->advance());
    DOCTEUR_CHECK(lists_[last]->advance());
    return true;
  }

  result<done> put(std::uint32_t from) noexcept {
    const path_list& l = *lists_[from];
    const std::string_view key = l.key();
    const std::string_view before = paths_.last_key();
    const auto shared = static_cast<std::size_t>(
        std::mismatch(key.begin(), key.end(), before.begin(), before.end()).first - key.begin());
    node n = l.what();
    if (n.kind == entry_kind::submodule) {
      const origin o{from, n.position};
      n.position = static_cast<std::uint32_t>(origins_.size());
      DOCTEUR_CHECK(origins_.push_back(o));
    }
    const std::size_t slash = key.find('/', shared);
    if (slash != std::string_view::npos && slash + 1 < key.size())
      return fail(errc::malformed, l.at(), "a path's directory is not there");
    if (++put_ > bounds_.paths) return fail(errc::too_large, l.at(), "more paths than the limit");
    if (auto added = paths_.add_tail(shared, drop(key, shared), to_record(n)); !added)
      return fail(added.error().code, l.at(), added.error().what);
    return keys_.check(paths_.last_key(), shared, n.kind, true, l.at());
  }

  // Ends all lists and collects the ids of submodules that are left.
  result<done> collect(oid_list& submodules) noexcept {
    std::array<std::optional<oid_list>, kMostVersionBases + 1> ids;
    for (std::size_t i = 0; i < count_; ++i) {
      ids[i].emplace(memory_, submodules.kind());
      DOCTEUR_CHECK(lists_[i]->finish(*ids[i]));
    }
    for (const origin& o : origins_) DOCTEUR_CHECK(submodules.push_back((*ids[o.list])[o.position]));
    return done{};
  }

  memory memory_;
  const limits& bounds_;
  path_tree_builder& paths_;
  inflater inflater_;
  key_check keys_;
  std::array<std::optional<path_list>, kMostVersionBases + 1> lists_;
  std::size_t count_ = 0;
  std::uint32_t put_ = 0;
  owned_array<origin> origins_;  // of the submodules in the result
};

}  // namespace

result<done> read_version_paths(const device& from, std::span<const section> lists, std::uint32_t objects,
                                const memory& mem, const limits& bounds, path_tree_builder& paths,
                                oid_list& submodules) noexcept {
  DOCTEUR_TRY(inflate, inflater::make());
  merge m(mem, bounds, paths, std::move(inflate));
  for (const section& list : lists) DOCTEUR_CHECK(m.add(from, list, objects));
  return m.run(submodules);
}

}  // namespace docteur
