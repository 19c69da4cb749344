#include "remote/image_download.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "host/file_device.hpp"
#include "host/image_digests.hpp"
#include "host/whole_sha256.hpp"
#include "layout/image_header.hpp"
#include "object/result.hpp"
#include "remote/registry_image.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kLeastRange = std::uint64_t{1} << 20;  // bytes
constexpr std::uint64_t kMostRange = std::uint64_t{32} << 20;
constexpr std::size_t kHead = 4 << 10;                        // bytes that show whether it is an image
constexpr std::uint64_t kFirst = std::uint64_t{1} << 30;      // bytes of the first request where all is missing
constexpr std::chrono::seconds kFirstAlone{1};                // before other requests take a part of it
constexpr std::uint64_t kSyncEach = std::uint64_t{16} << 20;  // bytes
constexpr std::chrono::milliseconds kTick{100};               // between looks at signals

outcome<void> check_head(bytes head, std::uint64_t size, const std::string& shown) {
  const auto header = decode_image_header(head, size);
  if (header && head.size() >= kPackOffset + 4 && load_be<std::uint32_t>(head.data() + kPackOffset) == kPackMagic)
    return {};
  return give_up(blame::input, printable(shown) + ": not an image of docteur");
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
  blocks_at_once_ = (std::clamp(left / connections_, kLeastRange, kMostRange) + kPartialBlock - 1) / kPartialBlock;
  planned_ = is_part ? (std::min(range.size, whole) + kPartialBlock - 1) / kPartialBlock : 0;
  if (is_part && !is_all) {
    first_left_ = {0, std::min(range.size, whole)};
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

void image_download::hash_blocks() {
  const std::lock_guard lock(guard_);
  hashes_.emplace(*file_);
  const std::uint64_t count = (size() + kPartialBlock - 1) / kPartialBlock;
  for (std::uint64_t i = 0; i < count; ++i)
    if (file_->has(i)) hashes_->add({i, 1});
}

outcome<void> image_download::run(progress& report) {
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
  const byte_range range = file_->missing(planned_, blocks_at_once_);
  if (range.size == 0) return part_of_first();
  planned_ = (range.offset + range.size + kPartialBlock - 1) / kPartialBlock;
  return range;
}

// When all is asked for: the end of what the first request has yet to bring, if that goes on for long.
std::optional<byte_range> image_download::part_of_first() {
  const auto [at, left] = first_left_;
  if (left < 2 * kLeastRange || std::chrono::steady_clock::now() - first_began_ < kFirstAlone) return std::nullopt;
  const std::uint64_t size = std::clamp(left / connections_, kLeastRange, kMostRange);
  const std::uint64_t begin = (at + left - size) / kPartialBlock * kPartialBlock;
  first_left_.size = begin - at;
  return byte_range{begin, at + left - begin};
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
  if (left_ == 0 || unsynced_ >= kSyncEach) changed_.notify_all();
  return {};
}

void image_download::end(byte_range, const std::optional<range_failure>& why) {
  if (!why) return;
  const std::lock_guard lock(guard_);
  if (!why_) why_ = failure{blame::environment, why->text};
  changed_.notify_all();
}

}  // namespace docteur
