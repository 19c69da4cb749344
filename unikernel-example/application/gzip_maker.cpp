#include "unikernel-example/application/gzip_maker.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "unikernel-example/application/coded_content.hpp"

namespace docteur::cache_vm {
namespace {

// Besides text/* and what ends in "+json" or "+xml".
constexpr std::array<std::string_view, 12> kCompressible{"application/ecmascript",
                                                         "application/javascript",
                                                         "application/json",
                                                         "application/rtf",
                                                         "application/wasm",
                                                         "application/x-ndjson",
                                                         "application/x-sh",
                                                         "application/xml",
                                                         "font/otf",
                                                         "font/ttf",
                                                         "image/bmp",
                                                         "image/vnd.microsoft.icon"};

}  // namespace

bool is_compressible(std::string_view media_type) noexcept {
  return media_type.starts_with("text/") || media_type.ends_with("+xml") || media_type.ends_with("+json") ||
         std::ranges::find(kCompressible, media_type) != kCompressible.end();
}

shared_content gzip_maker::make(platform& on, const content& plain, const live_bytes& live) {
  return code_content(
      plain, content_form::made_gzip, {}, [&](std::span<std::byte> room) { return on.gzip(plain.view(), room); }, live);
}

void gzip_maker::want(const std::shared_ptr<gzip_maker>& self, const shared_content& plain) noexcept {
  gzip_maker& mine = *self;
  if (!mine.takes(plain->size)) return;
  bool begins = false;
  try {
    {
      const std::lock_guard lock(mine.guard_);
      if (mine.known_.contains(plain->position) || mine.waiting_.size() >= kMostWaiting) return;
      if (mine.known_.size() >= kMostUnfit) mine.known_.clear();
      mine.known_.insert(plain->position);
      if (mine.is_making_) return mine.waiting_.push_back(plain);
      mine.is_making_ = begins = true;
    }
    begin(self, plain);
  } catch (const std::bad_alloc&) {  // another client's request tries again
    mine.keep({plain, nullptr, true});
    const std::lock_guard lock(mine.guard_);
    if (begins) mine.is_making_ = false;
  }
}

// The task uses the platform only, which outlives it; the image may have been replaced when it ends.
void gzip_maker::begin(const std::shared_ptr<gzip_maker>& self, shared_content plain) {
  const auto work = std::make_shared<job>();
  work->plain = std::move(plain);
  const auto task = [work, on = self->on_, live = self->live_]() noexcept {
    try {
      work->made = make(*on, *work->plain, live);
    } catch (const std::bad_alloc&) {
      work->failed = true;
    }
  };
  self->on_->aside(task, [work, still = std::weak_ptr(self)]() noexcept {
    const auto mine = still.lock();
    if (!mine) return;
    mine->keep(*work);
    while (shared_content next = mine->next()) {
      try {
        return begin(mine, next);
      } catch (const std::bad_alloc&) {
        mine->keep({next, nullptr, true});
      }
    }
  });
}

void gzip_maker::keep(const job& done) noexcept {
  bool is_kept = done.failed;
  try {
    if (done.made)
      is_kept = cache_->put(content_cache::key_of(done.made->position, content_form::made_gzip), done.made) != nullptr;
  } catch (const std::bad_alloc&) {
    is_kept = true;
  }
  const std::lock_guard lock(guard_);
  if (is_kept) known_.erase(done.plain->position);
}

// nullptr: nothing waits.
shared_content gzip_maker::next() noexcept {
  const std::lock_guard lock(guard_);
  is_making_ = !waiting_.empty();
  if (!is_making_) return nullptr;
  shared_content c = std::move(waiting_.front());
  waiting_.pop_front();
  return c;
}

}  // namespace docteur::cache_vm
