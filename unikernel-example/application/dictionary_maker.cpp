#include "unikernel-example/application/dictionary_maker.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <unordered_map>
#include <utility>

#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "object/sha256.hpp"
#include "proof/commit_proof.hpp"
#include "unikernel-example/application/coded_content.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::uint64_t kBases = 4 << 20;          // bytes for bases of deltas, while a task works
constexpr std::uint64_t kSettled = 1'000'000'000;  // ns in which the same is not tried again
constexpr std::size_t kMostEnded = 64;             // jobs that are remembered for that long
constexpr std::size_t kMostUnfit = 4096;           // then all are forgotten: finding out again costs one coding

// Magic number of a skippable frame of 32 bytes (RFC 9842, section 5; RFC 8878, section 3.1.2).
constexpr std::array<std::byte, 8> kFrameHead{std::byte{0x5e}, std::byte{0x2a}, std::byte{0x4d}, std::byte{0x18},
                                              std::byte{0x20}, std::byte{0},    std::byte{0},    std::byte{0}};
constexpr std::size_t kHash = 32;  // bytes of the dictionary's SHA-256, which follows

[[nodiscard]] constexpr std::uint64_t pair_of(std::uint32_t position, std::uint32_t dictionary) noexcept {
  return std::uint64_t{position} << 32 | dictionary;
}

void arrive(const std::vector<std::function<void()>>& waiting) {
  for (const auto& arrives : waiting)
    if (arrives) arrives();
}

// The content of an object, which matches its id.
result<owned_array<std::byte>> read_object(object_reader& from, const oid& id, object_type type) {
  DOCTEUR_TRY(position, from.index().find(id));
  if (!position) return fail(errc::not_found, 0, "no such object");
  const std::uint64_t offset = from.index().offset(*position);
  DOCTEUR_TRY(object, from.read(offset));
  if (object.type != type || object_id(id.kind(), type, object.content.span()) != id)
    return fail(errc::bad_checksum, from.device_offset(offset), "content does not match its id");
  return std::move(object.content);
}

// The position of the file at `path` of a commit. nullopt: there is none; links are not followed. The trees are read,
// since that takes less memory than to attach the version.
result<std::optional<std::uint32_t>> find_file(object_reader& from, const oid& commit, std::string_view path) {
  DOCTEUR_TRY(top, read_object(from, commit, object_type::commit));
  DOCTEUR_TRY(parsed, parse_commit(top.span(), commit.kind()));
  oid id = parsed.tree;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view name = take_name(rest);
    DOCTEUR_TRY(tree, read_object(from, id, object_type::tree));
    const auto entry = find_in_tree(tree.span(), commit.kind(), name, 0);
    if (!entry && entry.error().code != errc::not_found) return tl::make_unexpected(entry.error());
    if (!entry || (rest.empty() ? !is_file(entry->kind) : entry->kind != entry_kind::directory))
      return std::optional<std::uint32_t>();
    id = entry->id;
  }
  return from.index().find(id);
}

}  // namespace

dictionary_maker::dictionary_maker(platform* on, const image& of, const version_list& versions, const memory& heap,
                                   content_cache& cache, std::shared_ptr<std::atomic<std::uint64_t>> live)
    : on_(on != nullptr && on->can_zstd() ? on : nullptr),
      image_(&of),
      versions_(&versions),
      heap_(heap),
      cache_(&cache),
      live_(std::move(live)) {}

std::optional<std::uint32_t> dictionary_maker::known(const oid& hash) const {
  const auto at = contents_.find(hash);
  return at == contents_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<std::uint32_t> dictionary_maker::look_up(const oid& hash) const {
  const std::lock_guard lock(guard_);
  return known(hash);
}

shared_content dictionary_maker::find(const request& r) {
  const auto dictionary = look_up(r.dictionary);
  if (!dictionary) return nullptr;
  return cache_->find(content_cache::key_of(r.position, content_form::made_dcz, *dictionary));
}

bool dictionary_maker::may_be_had(const request& r) const {
  const auto dictionary = known(r.dictionary);
  if (dictionary ? unfit_.contains(pair_of(r.position, *dictionary)) : paths_.contains(std::string(r.path)))
    return false;
  const std::uint64_t now = on_->monotonic_ns();
  return std::ranges::none_of(ended_, [&](const ended& e) {
    return e.position == r.position && e.dictionary == r.dictionary && now - e.at < kSettled;
  });
}

bool dictionary_maker::want(const std::shared_ptr<dictionary_maker>& self, const request& r) noexcept {
  dictionary_maker& mine = *self;
  bool begins = false;
  try {
    {
      const std::lock_guard lock(mine.guard_);
      if (!mine.may_be_had(r)) return false;
      const std::uint64_t now = mine.on_->monotonic_ns();
      auto at = std::ranges::find_if(mine.jobs_, [&r](const job& j) { return j.is(r); });
      if (at == mine.jobs_.end()) {
        if (mine.jobs_.size() >= kMostWaiting) return false;
        mine.jobs_.push_back({std::string(r.path), r.position, r.dictionary, now});
        at = std::prev(mine.jobs_.end());
      }
      if (mine.works_ && now - at->since >= kPatience) return false;
      at->waiting.emplace_back();
      at->waiting.back() = mine.on_->promise();
      if (mine.works_) return true;
      mine.works_ = begins = true;
    }
    // The image may be replaced meanwhile. It must be let go before the task ends: nothing waits for what follows it.
    mine.on_->aside(
        [still = std::weak_ptr(self)]() noexcept {
          if (const auto maker = still.lock()) maker->work();
        },
        [] {});
  } catch (const std::bad_alloc&) {
    if (!begins) return false;
    mine.give_up();
  }
  return true;
}

void dictionary_maker::work() noexcept {
  for (;;) {
    const job* j = nullptr;
    {
      const std::lock_guard lock(guard_);
      if (jobs_.empty()) {
        reader_.reset();
        works_ = false;
        return;
      }
      j = &jobs_.front();  // stays where it is while others are added behind it
    }
    try {
      (void)serve(*j);
    } catch (const std::bad_alloc&) {  // the client gets what it would get without a dictionary
    }
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(guard_);
      waiting = std::move(jobs_.front().waiting);
      try {
        ended_.push_back({j->position, j->dictionary, on_->monotonic_ns()});
      } catch (const std::bad_alloc&) {
      }
      if (ended_.size() > kMostEnded) ended_.pop_front();
      jobs_.pop_front();
    }
    arrive(waiting);
  }
}

void dictionary_maker::end_waits() noexcept {
  if (on_ == nullptr) return;
  const std::lock_guard lock(guard_);
  if (jobs_.empty()) return;
  const std::uint64_t now = on_->monotonic_ns();
  for (job& j : jobs_)
    if (now - j.since >= kPatience) arrive(std::exchange(j.waiting, {}));
}

// All who wait are told: there is no memory to begin, or the image is gone.
void dictionary_maker::give_up() noexcept {
  std::deque<job> jobs;
  {
    const std::lock_guard lock(guard_);
    jobs.swap(jobs_);
    works_ = false;
  }
  for (const job& j : jobs) arrive(j.waiting);
}

result<done> dictionary_maker::serve(const job& j) {
  if (!reader_) {
    DOCTEUR_TRY(reader, image_reader::make(*image_, heap_, kBases));
    reader_.emplace(std::move(reader));
  }
  std::optional<std::uint32_t> dictionary = look_up(j.dictionary);
  if (!dictionary) {
    DOCTEUR_CHECK(learn(j.path));
    dictionary = look_up(j.dictionary);
  }
  if (!dictionary) return done{};
  DOCTEUR_TRY(plain, read(j.position));
  DOCTEUR_TRY(content_of_client, read(*dictionary));
  if (shared_content c = make(*plain, *content_of_client); c && cache_->keeps(c->size)) {
    (void)cache_->put(content_cache::key_of(j.position, content_form::made_dcz, *dictionary), c);
    return done{};
  }
  const std::lock_guard lock(guard_);
  if (unfit_.size() >= kMostUnfit) unfit_.clear();
  unfit_.insert(pair_of(j.position, *dictionary));
  return done{};
}

// What the image's commit and its versions have at `path`.
result<done> dictionary_maker::learn(const std::string& path) {
  std::unordered_map<std::uint32_t, oid> contents;
  std::uint64_t left = kMostRead;
  const auto look_at = [&](const oid& commit) -> result<done> {
    DOCTEUR_TRY(position, find_file(reader_->objects(), commit, path));
    if (!position || contents.contains(*position)) return done{};
    DOCTEUR_TRY(size, reader_->size({entry_kind::file, *position}));
    if (!takes(size) || size > left) return done{};
    left -= size;
    DOCTEUR_TRY(c, read(*position));
    contents.emplace(*position, sha256_of(c->view()));
    return done{};
  };
  std::vector<oid> commits{image_->commit_id()};
  for (std::uint32_t i = 0; i < std::min(versions_->size(), kMostVersions); ++i) {
    const oid commit = (*versions_)[i].commit;  // many names may have one
    if (std::ranges::find(commits, commit) == commits.end()) commits.push_back(commit);
  }
  for (const oid& commit : commits) {
    // What is damaged is no dictionary; the others are.
    if (const auto looked = look_at(commit); !looked && is_device_failure(looked.error())) return looked;
  }
  const std::lock_guard lock(guard_);
  if (paths_.size() + contents_.size() >= kMostKnown) {
    paths_.clear();
    contents_.clear();
  }
  for (const auto& [position, hash] : contents) contents_.emplace(hash, position);
  paths_.insert(path);
  return done{};
}

result<shared_content> dictionary_maker::read(std::uint32_t position) {
  const node n{entry_kind::file, position};
  DOCTEUR_TRY(size, reader_->size(n));
  if (!takes(size)) return fail(errc::too_large, 0, "not of the size of a dictionary");
  if (shared_content c = cache_->find(content_cache::key_of(position, content_form::plain))) return c;
  auto c = std::make_shared<content>();
  c->data.reset(new std::byte[size]);
  c->size = size;
  c->position = position;
  DOCTEUR_CHECK(reader_->read(n, {c->data.get(), c->size}));
  return shared_content(std::move(c));
}

shared_content dictionary_maker::make(const content& plain, const content& dictionary) const {
  std::array<std::byte, kFrameHead.size() + kHash> front{};
  const oid hash = sha256_of(dictionary.view());
  std::ranges::copy(hash.view(), std::ranges::copy(kFrameHead, front.begin()).out);
  const auto c = code_content(
      plain, content_form::made_dcz, front,
      [&](std::span<std::byte> room) { return on_->zstd(plain.view(), dictionary.view(), room); }, live_);
  if (c) c->dictionary = dictionary.position;
  return c;
}

}  // namespace docteur::cache_vm
