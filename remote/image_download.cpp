#include "remote/image_download.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "host/file_device.hpp"
#include "host/image_digests.hpp"
#include "host/whole_sha256.hpp"
#include "layout/digest_section.hpp"
#include "layout/image_header.hpp"
#include "object/result.hpp"
#include "remote/registry_image.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kLeastRange = std::uint64_t{1} << 20;  // bytes
constexpr std::uint64_t kMostRange = std::uint64_t{32} << 20;
constexpr unsigned kRounds = 4;         // of requests on each connection, so that what comes is about in order
constexpr std::size_t kHead = 4 << 10;  // bytes that show whether it is an image
constexpr std::uint64_t kFirst = std::uint64_t{1} << 30;      // bytes of the first request where all is missing
constexpr std::chrono::seconds kFirstAlone{1};                // before other requests take a part of it
constexpr std::uint64_t kEndFirst = std::uint64_t{64} << 20;  // bytes of the images whose end may be asked for first
constexpr std::uint64_t kSyncEach = std::uint64_t{16} << 20;  // bytes
constexpr std::chrono::milliseconds kTick{100};               // between looks at signals

outcome<void> check_head(bytes head, std::uint64_t size, const std::string& shown) {
  const auto header = decode_image_header(head, size);
  if (header && head.size() >= kPackOffset + 4 && load_be<std::uint32_t>(head.data() + kPackOffset) == kPackMagic)
    return {};
  return give_up(blame::input, printable(shown) + ": not an image of docteur");
}

// The block where the end of an image begins, with IDX and, mostly, the sections, of which those for paths are about as
// long as IDX. `head`: the image's first bytes. Behind the last block if there is nothing to gain.
std::uint64_t end_of_image(bytes head, std::uint64_t size) {
  const std::uint64_t none = partial_blocks(size);
  const auto header = decode_image_header(head, size);
  if (size < kEndFirst || !header) return none;
  const std::uint64_t idx = size - header->idx_offset;
  if (idx > size / 4) return none;
  return (size - 2 * idx - digest_section_size(size)) / kPartialBlock - 1;
}

outcome<range_origin> origin_of(const std::string& name, const http_options& options, const progress& stop) {
  if (!is_registry_name(name)) return origin_of_url(name);
  DOCTEUR_TRY(found, find_registry_image(name, options, {}, stop));
  return std::move(found.origin);
}

}  // namespace

outcome<std::unique_ptr<image_download>> image_download::open(const std::string& name, const http_options& options,
                                                              const std::optional<std::filesystem::path>& target,
                                                              const progress& stop) {
  DOCTEUR_TRY(client, connect(name, options, stop));
  return open(std::move(client), options, target);
}

outcome<std::unique_ptr<range_client>> image_download::connect(const std::string& name, const http_options& options,
                                                               const progress& stop) {
  DOCTEUR_TRY(origin, origin_of(name, options, stop));
  return range_client::unpinned(std::move(origin), options);
}

outcome<std::unique_ptr<image_download>> image_download::open(std::unique_ptr<range_client> client,
                                                              const http_options& options,
                                                              const std::optional<std::filesystem::path>& target,
                                                              bytes head) {
  const auto check = [shown = client->shown()](bytes first, std::uint64_t size) {
    return check_head(first, size, shown);
  };
  std::unique_ptr<image_download> self(new image_download(std::move(client), options, target, check));
  if (self->first_ == kHead && head.size() == kHead) {
    self->is_asked_ = true;
    DOCTEUR_CHECK(self->begin({0, kHead}, 0, head));
  }
  self->client_->serve(self.get());
  DOCTEUR_CHECK(self->wait_for_head());
  return self;
}

std::unique_ptr<image_download> image_download::start(std::unique_ptr<range_client> client, const http_options& options,
                                                      const std::filesystem::path& target, head_check check) {
  std::unique_ptr<image_download> self(new image_download(std::move(client), options, target, std::move(check)));
  self->client_->serve(self.get());
  return self;
}

image_download::image_download(std::unique_ptr<range_client> client, const http_options& options,
                               const std::optional<std::filesystem::path>& target, head_check check)
    : client_(std::move(client)),
      connections_(options.connections),
      target_(target),
      check_(std::move(check)),
      first_(target && partial_file::is_begun(*target) ? kHead : kFirst) {}

image_download::~image_download() { client_.reset(); }

outcome<void> image_download::wait_for_head() {
  std::unique_lock lock(guard_);
  changed_.wait(lock, [this] { return is_begun_ || why_; });
  if (!is_begun_) return tl::make_unexpected(*why_);
  return {};
}

// Takes bytes of the first request until they show what the file is.
outcome<void> image_download::begin(byte_range range, std::uint64_t at, bytes piece) {
  head_.resize(at);
  head_.insert(head_.end(), piece.begin(), piece.end());
  const std::uint64_t whole = size();
  if (head_.size() < std::min<std::uint64_t>(kHead, whole)) return {};
  DOCTEUR_CHECK(check_(head_, whole));
  auto file = target_ ? partial_file::open(*target_, whole, identity()) : partial_file::unnamed(whole);
  if (!file) return tl::make_unexpected(std::move(file.error()));
  file_ = std::move(*file);
  const bool is_all = range.size == whole;  // from a server that knows no ranges
  if (is_all && first_ == kHead && file_->present_bytes() > 0) {
    file_->discard();
    DOCTEUR_TRY(anew, partial_file::open(*target_, whole, identity()));
    file_ = std::move(anew);
  }
  resumed_ = file_->present_bytes();
  const bool is_part = range.size > kHead || is_all;  // of what is to be fetched
  if (is_part && resumed_ > 0)
    return give_up(blame::environment, printable(target_->native()) + ": another process has just begun to fill it");
  const std::uint64_t left = whole - resumed_;
  blocks_at_once_ = partial_blocks(std::clamp(left / connections_ / kRounds, kLeastRange, kMostRange));
  const std::uint64_t asked = is_part ? std::min(range.size, whole) : 0;
  plan_ = {{partial_blocks(asked), partial_blocks(whole) - partial_blocks(asked)}};
  if (is_part && !is_all) {
    first_left_ = {0, asked};
    first_began_ = std::chrono::steady_clock::now();
  }
  {
    const std::lock_guard lock(guard_);
    left_ = left;
    is_begun_ = true;
    changed_.notify_all();
  }
  return is_part ? keep(0, 0, head_) : outcome<void>();
}

// Takes the end of the image from what would come last.
void image_download::plan_end() {
  const std::uint64_t begin = end_of_image(head_, size());
  const std::uint64_t first_end = first_left_.offset + first_left_.size;
  if (first_left_.offset + kLeastRange < begin * kPartialBlock && begin * kPartialBlock < first_end) {
    first_left_.size = begin * kPartialBlock - first_left_.offset;
    plan_.push_front({begin, partial_blocks(first_end) - begin});
    return;
  }
  if (plan_.empty() || begin <= plan_.back().first || plan_.back().first + plan_.back().count <= begin) return;
  const std::uint64_t count = plan_.back().first + plan_.back().count - begin;
  plan_.back().count -= count;
  plan_.push_front({begin, count});
}

device image_download::arriving() noexcept {
  wants_end_ = true;
  client_->wake();
  device d;
  d.self = this;
  d.size = size();
  d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept {
    return static_cast<image_download*>(self)->read(offset, out);
  };
  return d;
}

std::optional<std::multiset<std::uint64_t>::iterator> image_download::await(std::uint64_t block) noexcept {
  try {
    return awaited_.insert(block);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

// Waits for the last block that is missing: mostly all before it are here by then.
result<done> image_download::read(std::uint64_t offset, mutable_bytes out) noexcept {
  const std::uint64_t begin = offset / kPartialBlock;
  std::uint64_t end = partial_blocks(offset + out.size());
  const auto is_here = [&] {
    while (end > begin && file_->has(end - 1)) --end;
    return end == begin;
  };
  if (!is_here()) {
    std::unique_lock lock(guard_);
    while (!is_over_ && !is_here()) {
      const auto mine = await(end - 1);
      if (!mine) return fail(errc::out_of_memory, offset, "no memory for a block that is awaited");
      changed_.wait(lock, [&] { return is_over_ || file_->has(end - 1); });
      awaited_.erase(*mine);
    }
  }
  if (!is_here()) return fail(errc::unavailable, offset, "the download has ended");
  if (!file_->read(offset, out)) return fail(errc::io, offset, "what was downloaded cannot be read");
  return done{};
}

void image_download::hash_blocks() {
  const std::lock_guard lock(guard_);
  hashes_.emplace(*file_);
  for (std::uint64_t i = 0; i < partial_blocks(size()); ++i)
    if (file_->has(i)) hashes_->add({i, 1});
}

outcome<void> image_download::run(progress& report) {
  outcome<void> done = fetch(report);
  const std::lock_guard lock(guard_);
  is_over_ = true;
  changed_.notify_all();
  return done;
}

outcome<void> image_download::fetch(progress& report) {
  report.phase("fetching", 0);
  {
    const std::lock_guard lock(guard_);
    report.add_bytes(size() - left_);
    report_ = &report;
  }
  outcome<void> done = wait(report);
  client_->serve(nullptr);
  // What came before a failure need not be fetched again, even after a power failure.
  const outcome<void> synced = file_->sync();
  if (!done) return done;
  DOCTEUR_CHECK(synced);
  return compare(report);
}

outcome<void> image_download::compare(progress& report) {
  const std::string& digest = client_->version().digest;
  if (digest.empty()) return {};
  DOCTEUR_TRY(file, file_device::open(file_->path()));
  DOCTEUR_TRY(found, whole_sha256(file.view(), printable(client_->shown()), report));
  if (digest_text(found) == digest) return {};
  file_->discard();
  return give_up(blame::input, printable(client_->shown()) + ": the registry sent other bytes than those of " + digest +
                                   "; nothing of them is kept");
}

outcome<void> image_download::wait(progress& report) {
  std::unique_lock lock(guard_);
  while (left_ > 0 && !why_) {
    if (unsynced_ < kSyncEach) changed_.wait_for(lock, kTick);
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    if (unsynced_ < kSyncEach) continue;
    unsynced_ = 0;
    lock.unlock();
    DOCTEUR_CHECK(file_->sync());
    lock.lock();
  }
  if (why_) return tl::make_unexpected(*why_);
  return {};
}

outcome<void> image_download::compare(const oid& pin, const std::string& shown, const progress& report) {
  auto differ = hashes_->compare(pin, shown, report);
  if (!differ && differ.error().who == blame::input) file_->discard();
  if (!differ) return tl::make_unexpected(std::move(differ.error()));
  if (differ->empty()) return {};
  for (const std::uint64_t block : *differ) DOCTEUR_CHECK(file_->forget(block));
  return give_up(blame::input, shown + ": " + std::to_string(differ->size()) +
                                   " blocks are not those that the digest pins; the same command fetches them again");
}

std::optional<byte_range> image_download::next() {
  if (!file_) return std::exchange(is_asked_, true) ? std::nullopt : std::optional<byte_range>({0, first_});
  {
    const std::lock_guard lock(guard_);
    if (why_) return std::nullopt;
  }
  if (wants_end_.exchange(false)) plan_end();
  while (!plan_.empty() || split_first()) {
    auto& [first, count] = plan_.front();
    byte_range range = file_->missing(first, blocks_at_once_);
    const std::uint64_t end = std::min((first + count) * kPartialBlock, size());
    if (range.size == 0 || range.offset >= end) {
      plan_.pop_front();
      continue;
    }
    range.size = std::min(range.size, end - range.offset);
    const std::uint64_t behind = partial_blocks(range.offset + range.size);
    count -= behind - first;
    first = behind;
    return range;
  }
  return std::nullopt;
}

// When all is asked for: if the first request goes on for long, all but the next part of it is for the others, in
// order.
bool image_download::split_first() {
  const auto [at, left] = first_left_;
  if (left < 2 * kLeastRange || std::chrono::steady_clock::now() - first_began_ < kFirstAlone) return false;
  const std::uint64_t begin = partial_blocks(at + kLeastRange);
  first_left_.size = begin * kPartialBlock - at;
  plan_.push_back({begin, partial_blocks(at + left) - begin});
  return true;
}

std::uint64_t image_download::wanted(byte_range range) const {
  return range.offset == 0 && first_left_.size > 0 ? first_left_.offset + first_left_.size : range.size;
}

bool image_download::take(byte_range range, std::uint64_t at, bytes piece) {
  outcome<void> kept = file_ ? keep(range.offset, at, piece) : begin(range, at, piece);
  if (kept) return true;
  const std::lock_guard lock(guard_);
  if (!why_) why_ = std::move(kept.error());
  changed_.notify_all();
  return false;
}

outcome<void> image_download::keep(std::uint64_t begin, std::uint64_t at, bytes piece) {
  DOCTEUR_TRY(blocks, file_->write(begin, at, piece));
  if (begin == 0 && first_left_.size > 0) {
    const std::uint64_t end = first_left_.offset + first_left_.size;
    first_left_ = {at + piece.size(), end - at - piece.size()};
  }
  const std::lock_guard lock(guard_);
  if (report_ != nullptr) report_->add_bytes(piece.size());
  if (hashes_) hashes_->add(blocks);
  unsynced_ += piece.size();
  left_ -= piece.size();
  const auto next_awaited = awaited_.lower_bound(blocks.first);
  const bool is_awaited = next_awaited != awaited_.end() && *next_awaited < blocks.first + blocks.count;
  if (left_ == 0 || unsynced_ >= kSyncEach || is_awaited) changed_.notify_all();
  return {};
}

void image_download::end(byte_range, const std::optional<range_failure>& why) {
  if (!why) return;
  const std::lock_guard lock(guard_);
  if (!why_) why_ = failure{blame::environment, why->text};
  changed_.notify_all();
}

}  // namespace docteur
