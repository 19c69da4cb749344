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
constexpr std::size_t kHead = 4 << 10;                        // bytes of the first request
constexpr std::uint64_t kSyncEach = std::uint64_t{64} << 20;  // bytes
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
  DOCTEUR_TRY(origin, origin_of(name, options, stop));
  std::vector<std::byte> head(kHead);
  DOCTEUR_TRY(client, range_client::open(std::move(origin), options, head));
  DOCTEUR_CHECK(check_head(head, client->version().size, client->shown()));
  std::unique_ptr<image_download> self(new image_download(std::move(client)));
  auto file =
      target ? partial_file::open(*target, self->size(), self->identity()) : partial_file::unnamed(self->size());
  if (!file) return tl::make_unexpected(std::move(file.error()));
  self->file_ = std::move(*file);
  self->resumed_ = self->file_->present_bytes();
  self->plan(options.connections);
  return self;
}

image_download::~image_download() { client_.reset(); }

void image_download::plan(unsigned connections) {
  left_ = size() - file_->present_bytes();
  const std::uint64_t each = std::clamp(left_ / connections, kLeastRange, kMostRange);
  blocks_at_once_ = (each + kPartialBlock - 1) / kPartialBlock;
}

outcome<void> image_download::run(progress& report) {
  report_ = &report;
  report.phase("fetching", 0);
  report.add_bytes(size() - left_);
  client_->serve(this);
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
    changed_.wait_for(lock, kTick);
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

std::optional<byte_range> image_download::next() {
  {
    const std::lock_guard lock(guard_);
    if (why_) return std::nullopt;
  }
  const byte_range range = file_->missing(planned_, blocks_at_once_);
  if (range.size == 0) return std::nullopt;
  planned_ = (range.offset + range.size + kPartialBlock - 1) / kPartialBlock;
  return range;
}

bool image_download::take(byte_range range, std::uint64_t at, bytes piece) {
  outcome<void> written = file_->write(range.offset, at, piece);
  report_->add_bytes(piece.size());
  const std::lock_guard lock(guard_);
  if (!written && !why_) why_ = std::move(written.error());
  unsynced_ += piece.size();
  if (!why_) left_ -= piece.size();
  if (why_ || left_ == 0 || unsynced_ >= kSyncEach) changed_.notify_all();
  return !why_;
}

void image_download::end(byte_range, const std::optional<range_failure>& why) {
  if (!why) return;
  const std::lock_guard lock(guard_);
  if (!why_) why_ = failure{blame::environment, why->text};
  changed_.notify_all();
}

}  // namespace docteur
