#include "remote/block_hashes.hpp"

#include <algorithm>
#include <chrono>

#include "base/signals.hpp"
#include "host/file_device.hpp"
#include "host/image_digests.hpp"
#include "object/result.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

constexpr std::chrono::milliseconds kTick{100};  // between looks at signals

std::size_t length_of(const partial_file& file, std::uint64_t block) {
  return static_cast<std::size_t>(std::min(kPartialBlock, file.size() - block * kPartialBlock));
}

}  // namespace

block_hashes::block_hashes(const partial_file& file)
    : file_(file), hashes_(partial_blocks(file.size()), oid(hash_kind::sha256)) {
  const signals_blocked block;
  thread_ = std::thread([this] { run(); });
}

block_hashes::~block_hashes() {
  {
    const std::lock_guard lock(guard_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void block_hashes::add(block_run blocks) {
  if (blocks.count == 0) return;
  const std::lock_guard lock(guard_);
  if (!waiting_.empty() && waiting_.back().first + waiting_.back().count == blocks.first) {
    waiting_.back().count += blocks.count;
  } else {
    waiting_.push_back(blocks);
  }
  if (is_idle_) changed_.notify_all();
}

void block_hashes::run() {
  std::vector<std::byte> buffer(kPartialBlock);
  std::unique_lock lock(guard_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || (!waiting_.empty() && !why_); });
    if (stop_) return;
    is_idle_ = false;
    const std::uint64_t block = waiting_.front().first++;
    if (--waiting_.front().count == 0) waiting_.pop_front();
    lock.unlock();
    const mutable_bytes content = mutable_bytes(buffer).first(length_of(file_, block));
    outcome<void> read = file_.read(block * kPartialBlock, content);
    hashes_[block] = sha256_of(content);
    lock.lock();
    if (!read) why_ = std::move(read.error());
    is_idle_ = waiting_.empty();
    if (is_idle_ || why_) changed_.notify_all();
  }
}

outcome<void> block_hashes::wait(const progress& report) {
  std::unique_lock lock(guard_);
  while (!why_ && !(waiting_.empty() && is_idle_)) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    changed_.wait_for(lock, kTick);
  }
  if (why_) return tl::make_unexpected(*why_);
  return {};
}

outcome<std::vector<std::uint64_t>> block_hashes::compare(const oid& pin, const std::string& shown,
                                                          const progress& report) {
  DOCTEUR_CHECK(wait(report));
  DOCTEUR_TRY(disk, file_device::open(file_.path()));
  DOCTEUR_TRY(digests, load_pinned(disk.view(), {&pin, 1}, shown));
  const digest_view view = digests.view();
  const digest_head& head = view.head();
  const std::uint64_t section_end = head.offset + digest_section_size(head.image_size);
  std::vector<std::uint64_t> differ;
  std::vector<std::byte> buffer(kPartialBlock);
  for (std::uint64_t i = 0; i < view.count(); ++i) {
    const std::uint64_t at = i * kDigestBlock;
    const std::uint64_t size = view.size(i);
    bool is_same = false;
    // Blocks that hold a part of the section, and one that is shorter in the image than in the file, have another hash.
    if ((at < section_end && at + size > head.offset) || size != length_of(file_, i)) {
      const mutable_bytes content = mutable_bytes(buffer).first(size);
      DOCTEUR_CHECK(file_.read(at, content));
      is_same = view.matches(i, content);
    } else {
      is_same = std::ranges::equal(hashes_[i].view(), view.digest(i));
    }
    if (!is_same) differ.push_back(i);
  }
  DOCTEUR_CHECK(check_tail(head.image_size, shown));
  return differ;
}

// No digest covers what lies behind the image.
outcome<void> block_hashes::check_tail(std::uint64_t from, const std::string& shown) const {
  std::vector<std::byte> buffer(kPartialBlock);
  while (from < file_.size()) {
    const mutable_bytes piece = mutable_bytes(buffer).first(std::min(kPartialBlock, file_.size() - from));
    DOCTEUR_CHECK(file_.read(from, piece));
    if (std::ranges::any_of(piece, [](std::byte b) { return b != std::byte{0}; }))
      return give_up(blame::input, shown + ": bytes behind the image are not zero");
    from += piece.size();
  }
  return {};
}

}  // namespace docteur
