#include "source/objects/git_objects.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/absence.hpp"

namespace docteur {
namespace {

constexpr unsigned kMostRecoveries = 64;  // damaged bases per object

const object_fault kMissing{true, "is missing"};

// Which of several faults is reported: one of the environment may be the reason for all others.
int weight(const object_fault& fault) { return fault.missing ? 0 : fault.who == blame::environment ? 2 : 1; }

void keep_worst(std::optional<object_fault>& worst, object_fault fault) {
  if (!worst || weight(fault) > weight(*worst)) worst = std::move(fault);
}

}  // namespace

// Reads bases that are damaged in a PACK from other copies. There is one for each object that is read, which bounds the
// cost however the copies depend on each other.
class git_objects::recovery final : public base_finder {
 public:
  explicit recovery(const git_objects& from) : from_(from) {}

  std::shared_ptr<const cached_base> find_elsewhere(const oid& id, std::uint64_t number,
                                                    std::uint64_t offset) override {
    if (damaged_.size() == kMostRecoveries) return nullptr;
    damaged_.emplace_back(number, offset);
    cached_base base{};
    const auto type =
        from_.look_in<object_type>(from_.packs(), id, [&](const object_copy& copy) -> object_result<object_type> {
          const auto is_it = [&](const auto& entry) { return copy.is_entry(entry.first, entry.second); };
          if (std::ranges::any_of(damaged_, is_it)) return damaged("seen before");
          return copy.read_verified(id, base.content, *this);
        });
    if (!type) return nullptr;
    base.type = *type;
    return std::make_shared<const cached_base>(std::move(base));
  }

  std::optional<std::uint64_t> offset_in(std::uint64_t number, const oid& id) override {
    for (const auto& many : from_.packs().indexes()) {
      const auto place = many->midx.find(id);
      if (place && *place && many->packs[(*place)->pack]->number() == number) return (*place)->offset;
    }
    return std::nullopt;
  }

 private:
  const git_objects& from_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> damaged_;  // PACK and offset
};

git_objects::git_objects(object_folders folders, hash_kind kind) : folders_(std::move(folders)), kind_(kind) {
  lists_.push_back(pack_list::scan(folders_.paths, kind_, nullptr));
  current_ = lists_.back().get();
}

outcome<std::unique_ptr<git_objects>> git_objects::open(const std::string& objects, hash_kind kind) {
  struct stat st {};
  const auto refuse = [&](const object_fault& why) { return give_up(why.who, about(objects, why).why); };
  if (::stat(objects.c_str(), &st) != 0) return refuse(is_absence(errno) ? kMissing : unreadable(errno).value());
  if (!S_ISDIR(st.st_mode)) return refuse({false, "is not a folder"});
  return std::unique_ptr<git_objects>(new git_objects(find_object_folders(objects), kind));
}

// Passes every copy of the object to `visit` until that returns true. Returns the worst of the faults that kept places
// from being searched.
template <class Visit>
std::optional<object_fault> git_objects::visit_copies(const pack_list& list, const oid& id, const Visit& visit) const {
  std::optional<object_fault> worst;
  for (const auto& many : list.indexes()) {
    const auto place = many->midx.find(id);
    if (!place) keep_worst(worst, located(place.error(), many->path).value());
    if (!place || !*place) continue;
    if (visit(object_copy(*many->packs[(*place)->pack], (*place)->offset))) return worst;
  }
  const auto visit_in = [&](const pack_file& pack) {
    const auto idx = pack.idx();
    if (!idx) {
      keep_worst(worst, located(idx.error(), pack.idx_path()).value());
      return false;
    }
    const auto offset = (*idx)->find(id);
    if (!offset) keep_worst(worst, located(offset.error(), pack.idx_path()).value());
    return offset && *offset && visit(object_copy(pack, **offset));
  };
  const auto& packs = list.packs();
  const std::size_t first = last_pack_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < packs.size(); ++i) {
    const std::size_t at = (first + i) % packs.size();
    if (!visit_in(*packs[at])) continue;
    if (i != 0) last_pack_.store(at, std::memory_order_relaxed);
    return worst;
  }
  for (const std::string& folder : folders_.paths) {
    auto file = loose_file::open(folder, id);
    if (!file && !file.error().missing) keep_worst(worst, std::move(file.error()));
    if (file && visit(object_copy(*file))) return worst;
  }
  for (const auto& pack : list.covered())
    if (visit_in(*pack)) return worst;
  return worst;
}

// The first copy's answer that is no fault, otherwise the worst fault.
template <class T, class Ask>
object_result<T> git_objects::look_in(const pack_list& list, const oid& id, const Ask& ask) const {
  std::optional<object_result<T>> good;
  std::optional<object_fault> worst;
  const auto unseen = visit_copies(list, id, [&](const object_copy& copy) {
    object_result<T> answer = ask(copy);
    if (answer) {
      good = std::move(answer);
    } else {
      keep_worst(worst, std::move(answer.error()));
    }
    return good.has_value();
  });
  if (good) return *std::move(good);
  if (unseen) keep_worst(worst, *unseen);
  return tl::unexpected<object_fault>(worst ? *std::move(worst) : kMissing);
}

// Asks the PACKs that are known. If an object is missing or damaged there and the PACKs have changed (a repack), asks
// once more.
template <class T, class AskList>
object_result<T> git_objects::look_twice(const AskList& ask) const {
  const pack_list& list = packs();
  object_result<T> answer = ask(list);
  if (answer) return answer;
  if (!rescan(list)) return tl::unexpected<object_fault>(explain(list, std::move(answer.error())));
  const pack_list& now = packs();
  answer = ask(now);
  if (answer) return answer;
  return tl::unexpected<object_fault>(explain(now, std::move(answer.error())));
}

template <class T, class Ask>
object_result<T> git_objects::look(const oid& id, const Ask& ask) const {
  return look_twice<T>([&](const pack_list& list) { return look_in<T>(list, id, ask); });
}

// Whether the PACKs are no longer those that were `seen`.
bool git_objects::rescan(const pack_list& seen) const {
  const std::scoped_lock lock(guard_);
  if (lists_.back().get() != &seen) return true;
  auto list = pack_list::scan(folders_.paths, kind_, &seen);
  if (list->is_same(seen)) return false;
  current_.store(list.get(), std::memory_order_release);
  lists_.push_back(std::move(list));
  return true;
}

// For an object that was not found: what could not be read may have it.
object_fault git_objects::explain(const pack_list& list, object_fault fault) const {
  if (!fault.missing) return fault;
  const object_fault* worst = nullptr;
  for (const auto* faults : {&list.faults(), &folders_.faults})
    for (const object_fault& f : *faults)
      if (worst == nullptr || weight(f) > weight(*worst)) worst = &f;
  if (worst == nullptr) return fault;
  if (worst->missing) return {true, fault.why + " (" + worst->why + ")"};
  return {false, "is not found, and " + worst->why, worst->who, worst->error};
}

object_result<object_summary> git_objects::info(const oid& id) const {
  return look_twice<object_summary>([&](const pack_list& list) { return info_in(list, id); });
}

// What the first copy's header gives. If another copy's header differs, one of them is wrong and the content decides.
object_result<object_summary> git_objects::info_in(const pack_list& list, const oid& id) const {
  std::optional<object_summary> first;
  std::optional<object_fault> worst;
  bool differ = false;
  const auto unseen = visit_copies(list, id, [&](const object_copy& copy) {
    const auto info = copy.info();
    if (!info) {
      keep_worst(worst, info.error());
    } else if (!first) {
      first = *info;
    } else {
      const bool same_type = !first->type || !info->type || *first->type == *info->type;
      differ = differ || !same_type || first->size != info->size;
      if (!first->type) first->type = info->type;
    }
    return false;
  });
  if (first && differ) {
    recovery elsewhere(*this);
    const auto right =
        look_in<object_summary>(list, id, [&](const object_copy& copy) { return copy.verified_info(id, elsewhere); });
    if (right) return right;
  }
  if (first) return *first;
  if (unseen) keep_worst(worst, *unseen);
  return tl::unexpected<object_fault>(worst ? *std::move(worst) : kMissing);
}

object_result<object_type> git_objects::read(const oid& id, std::vector<std::byte>& out) const {
  recovery elsewhere(*this);
  return look<object_type>(id, [&](const object_copy& copy) { return copy.read(out, elsewhere); });
}

object_result<object_type> git_objects::read_verified(const oid& id, std::vector<std::byte>& out) const {
  recovery elsewhere(*this);
  return look<object_type>(id, [&](const object_copy& copy) { return copy.read_verified(id, out, elsewhere); });
}

object_result<void> git_objects::read_checked(const oid& id, object_type expected, std::vector<std::byte>& out) const {
  DOCTEUR_TRY(type, read_verified(id, out));
  if (type == expected) return {};
  return tl::unexpected<object_fault>(
      {false, "is a " + std::string(name(type)) + " where a " + std::string(name(expected)) + " should be"});
}

// Whether the object is at more than one place.
bool git_objects::has_copies(const pack_list& list, const oid& id) const {
  std::optional<object_copy> first;
  bool more = false;
  (void)visit_copies(list, id, [&](const object_copy& copy) {
    // A PACK in a multi-pack-index is visited through its own IDX, too.
    if (!first) {
      first = copy;
    } else {
      more = !copy.is_same_entry(*first);
    }
    return more;
  });
  return more;
}

object_result<std::unique_ptr<byte_stream>> git_objects::open_stream(const oid& id) const {
  recovery elsewhere(*this);
  const bool is_compared = has_copies(packs(), id);
  return look<std::unique_ptr<byte_stream>>(id, [&](const object_copy& copy) {
    return is_compared ? copy.open_verified_stream(id, elsewhere) : copy.open_stream(elsewhere);
  });
}

outcome<std::vector<oid>> git_objects::find_prefix(std::string_view digits) const {
  id_set found;
  std::optional<object_fault> worst;
  const auto see = [&](const object_result<void>& done, std::string_view path) {
    if (!done && !done.error().missing) keep_worst(worst, about(path, done.error()));
  };
  const pack_list& list = packs();
  for (const auto& many : list.indexes()) see(many->midx.collect(digits, found), many->path);
  for (const auto* some : {&list.packs(), &list.covered()})
    for (const auto& pack : *some) {
      const auto idx = pack->idx();
      see(idx ? (*idx)->collect(digits, found) : tl::unexpected<object_fault>(idx.error()), pack->idx_path());
    }
  for (const std::string& folder : folders_.paths) see(collect_loose(folder, digits, kind_, found), folder);
  if (found.empty() && !worst) worst = explain(list, kMissing);
  if (found.empty() && !worst->missing) return give_up(worst->who, worst->why);
  if (found.size() >= kMostPrefixed) return give_up(blame::input, "too many objects begin with " + std::string(digits));
  return std::vector<oid>(found.begin(), found.end());
}

}  // namespace docteur
