#include "source/objects/git_objects.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/absence.hpp"
#include "base/memory_stream.hpp"
#include "object/sha1.hpp"

namespace docteur {
namespace {

constexpr unsigned kMostRecoveries = 64;    // of damaged bases on the way to one object
constexpr std::size_t kPiece = 256 * 1024;  // bytes that are compared at once

const object_fault kMissing{true, "is missing"};

// Which of several faults is told: what the environment is at fault for may be the reason of all others.
int weight(const object_fault& fault) { return fault.missing ? 0 : fault.who == blame::environment ? 2 : 1; }

void keep_worst(std::optional<object_fault>& worst, object_fault fault) {
  if (!worst || weight(fault) > weight(*worst)) worst = std::move(fault);
}

object_result<object_type> verified(const object_result<object_type>& type, const oid& id, bytes content) {
  if (type && object_id(*type, content) != id) return damaged("its content is not its id's");
  return type;
}

// Reads all of `content`, an object that is not a delta, and compares it with its id.
object_result<void> compare(byte_stream& content, const object_summary& what, const oid& id) {
  sha1 hash = object_hash(what.type.value_or(object_type::blob), what.size);
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    const auto n = content.read(piece);
    if (!n) return tl::unexpected<object_fault>({false, n.error().message, n.error().who});
    if (*n == 0) break;
    hash.update(bytes(piece).first(*n));
  }
  if (hash.finish() != id) return damaged("its content is not its id's");
  return {};
}

}  // namespace

// Reads bases that are damaged in a PACK from other copies. One for each object that is asked for: what it costs is
// bounded, however the copies depend on each other.
class git_objects::recovery final : public base_finder {
 public:
  explicit recovery(const git_objects& from) : from_(from) {}

  std::shared_ptr<const cached_base> find_elsewhere(const oid& id, std::uint64_t number,
                                                    std::uint64_t offset) override {
    if (damaged_.size() == kMostRecoveries) return nullptr;
    damaged_.emplace_back(number, offset);
    cached_base copy{};
    const auto type = from_.look_in<object_type>(
        from_.packs(), id,
        [&](const pack_file& pack, std::uint64_t at) -> object_result<object_type> {
          if (std::ranges::find(damaged_, std::pair(pack.number(), at)) != damaged_.end())
            return damaged("seen before");
          const auto was = pack.read(at, copy.content, *this);
          return verified(was, id, copy.content);
        },
        [&](const loose_file& file) -> object_result<object_type> {
          DOCTEUR_CHECK(file.read(copy.content));
          return verified(file.type(), id, copy.content);
        });
    if (!type) return nullptr;
    copy.type = *type;
    return std::make_shared<const cached_base>(std::move(copy));
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

git_objects::git_objects(object_folders folders) : folders_(std::move(folders)) {
  lists_.push_back(pack_list::scan(folders_.paths, nullptr));
  current_ = lists_.back().get();
}

outcome<std::unique_ptr<git_objects>> git_objects::open(const std::string& objects) {
  struct stat st {};
  const auto refuse = [&](const object_fault& why) { return give_up(why.who, about(objects, why).why); };
  if (::stat(objects.c_str(), &st) != 0) return refuse(is_absence(errno) ? kMissing : unreadable(errno).value());
  if (!S_ISDIR(st.st_mode)) return refuse({false, "is not a folder"});
  return std::unique_ptr<git_objects>(new git_objects(find_object_folders(objects)));
}

// The first good answer of a copy, else the worst fault.
template <class T, class FromPack, class FromLoose>
object_result<T> git_objects::look_in(const pack_list& list, const oid& id, const FromPack& from_pack,
                                      const FromLoose& from_loose) const {
  std::optional<object_fault> worst;
  const auto take = [&](object_result<T>& answer) {
    if (!answer) keep_worst(worst, std::move(answer.error()));
    return answer.has_value();
  };
  for (const auto& many : list.indexes()) {
    const auto place = many->midx.find(id);
    if (!place) keep_worst(worst, located(place.error(), many->path).value());
    if (!place || !*place) continue;
    object_result<T> answer = from_pack(*many->packs[(*place)->pack], (*place)->offset);
    if (take(answer)) return answer;
  }
  const auto ask = [&](const pack_file& pack) -> std::optional<object_result<T>> {
    const auto idx = pack.idx();
    if (!idx) return located(idx.error(), pack.idx_path());
    const auto offset = (*idx)->find(id);
    if (!offset) return located(offset.error(), pack.idx_path());
    if (!*offset) return std::nullopt;
    return from_pack(pack, **offset);
  };
  const auto& packs = list.packs();
  const std::size_t first = last_pack_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < packs.size(); ++i) {
    const std::size_t at = (first + i) % packs.size();
    auto answer = ask(*packs[at]);
    if (!answer || !take(*answer)) continue;
    if (i != 0) last_pack_.store(at, std::memory_order_relaxed);
    return *std::move(answer);
  }
  for (const std::string& folder : folders_.paths) {
    auto file = loose_file::open(folder, id);
    if (!file && file.error().missing) continue;
    object_result<T> answer = file ? from_loose(*file) : tl::unexpected<object_fault>(std::move(file.error()));
    if (take(answer)) return answer;
  }
  for (const auto& pack : list.covered())
    if (auto answer = ask(*pack); answer && take(*answer)) return *std::move(answer);
  return tl::unexpected<object_fault>(worst ? *std::move(worst) : kMissing);
}

// The same; what is not found, or only damaged, is looked for once more where the PACKs have changed (a repack).
template <class T, class FromPack, class FromLoose>
object_result<T> git_objects::look(const oid& id, const FromPack& from_pack, const FromLoose& from_loose) const {
  const pack_list& list = packs();
  object_result<T> answer = look_in<T>(list, id, from_pack, from_loose);
  if (answer) return answer;
  if (!rescan(list)) return tl::unexpected<object_fault>(explain(list, std::move(answer.error())));
  const pack_list& now = packs();
  answer = look_in<T>(now, id, from_pack, from_loose);
  if (answer) return answer;
  return tl::unexpected<object_fault>(explain(now, std::move(answer.error())));
}

// Whether there are other PACKs by now than those that were `seen`.
bool git_objects::rescan(const pack_list& seen) const {
  const std::scoped_lock lock(guard_);
  if (lists_.back().get() != &seen) return true;
  auto list = pack_list::scan(folders_.paths, &seen);
  if (list->is_same(seen)) return false;
  current_.store(list.get(), std::memory_order_release);
  lists_.push_back(std::move(list));
  return true;
}

// For an object that was not found: what was left out may have it.
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
  return look<object_summary>(
      id, [](const pack_file& pack, std::uint64_t offset) { return pack.info(offset); },
      [](const loose_file& file) -> object_result<object_summary> {
        return object_summary{file.type(), file.size()};
      });
}

object_result<object_type> git_objects::read(const oid& id, std::vector<std::byte>& out) const {
  recovery elsewhere(*this);
  return look<object_type>(
      id, [&](const pack_file& pack, std::uint64_t offset) { return pack.read(offset, out, elsewhere); },
      [&](const loose_file& file) -> object_result<object_type> {
        DOCTEUR_CHECK(file.read(out));
        return file.type();
      });
}

object_result<object_type> git_objects::read_verified(const oid& id, std::vector<std::byte>& out) const {
  recovery elsewhere(*this);
  return look<object_type>(
      id,
      [&](const pack_file& pack, std::uint64_t offset) {
        const auto type = pack.read(offset, out, elsewhere);
        return verified(type, id, out);
      },
      [&](const loose_file& file) -> object_result<object_type> {
        DOCTEUR_CHECK(file.read(out));
        return verified(file.type(), id, out);
      });
}

object_result<void> git_objects::read_checked(const oid& id, object_type expected, std::vector<std::byte>& out) const {
  DOCTEUR_TRY(type, read_verified(id, out));
  if (type == expected) return {};
  return tl::unexpected<object_fault>(
      {false, "is a " + std::string(name(type)) + " where a " + std::string(name(expected)) + " should be"});
}

// Whether the object stands at more than one place. Those that a multi-pack-index has are counted once.
bool git_objects::has_copies(const pack_list& list, const oid& id) const {
  unsigned copies = 0;
  for (const auto& many : list.indexes()) {
    const auto place = many->midx.find(id);
    if (place && *place) ++copies;
  }
  for (const auto& pack : list.packs()) {
    const auto idx = pack->idx();
    if (!idx) continue;
    const auto offset = (*idx)->find(id);
    if (offset && *offset) ++copies;
  }
  for (const std::string& folder : folders_.paths)
    if (copies < 2 && loose_file::open(folder, id)) ++copies;
  return copies > 1;
}

object_result<std::unique_ptr<byte_stream>> git_objects::open_stream(const oid& id) const {
  recovery elsewhere(*this);
  const bool is_compared = has_copies(packs(), id);
  return look<std::unique_ptr<byte_stream>>(
      id,
      [&](const pack_file& pack, std::uint64_t offset) -> object_result<std::unique_ptr<byte_stream>> {
        DOCTEUR_TRY(stream, pack.open_stream(offset));
        if (stream == nullptr) {
          std::vector<std::byte> content;
          const auto type = pack.read(offset, content, elsewhere);
          DOCTEUR_CHECK(is_compared ? verified(type, id, content) : type);
          return std::make_unique<memory_stream>(std::move(content));
        }
        if (!is_compared) return stream;
        DOCTEUR_TRY(whole, pack.info(offset));
        DOCTEUR_CHECK(compare(*stream, whole, id));
        return pack.open_stream(offset);
      },
      [&](const loose_file& file) -> object_result<std::unique_ptr<byte_stream>> {
        DOCTEUR_TRY(stream, file.open_stream());
        if (!is_compared) return stream;
        DOCTEUR_CHECK(compare(*stream, {file.type(), file.size()}, id));
        return file.open_stream();
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
  for (const std::string& folder : folders_.paths) see(collect_loose(folder, digits, found), folder);
  if (found.empty() && !worst) worst = explain(list, kMissing);
  if (found.empty() && !worst->missing) return give_up(worst->who, worst->why);
  if (found.size() >= kMostPrefixed) return give_up(blame::input, "too many objects begin with " + std::string(digits));
  return std::vector<oid>(found.begin(), found.end());
}

}  // namespace docteur
