#include "unikernel-example/application/prefetch.hpp"

#include <algorithm>
#include <utility>

namespace docteur::cache_vm {
namespace {

constexpr std::uint64_t kSlice = 3'000'000;  // ns

}  // namespace

void prefetcher::start(std::vector<std::shared_ptr<site>> sites) {
  stop();
  next_ = std::move(sites);
  std::ranges::reverse(next_);
  is_running_ = begin_next();
}

bool prefetcher::begin_next() {
  while (!next_.empty()) {
    site_ = std::move(next_.back());
    next_.pop_back();
    auto all = site_->snapshot().list({}, docteur::snapshot::depth::all);
    if (!all) continue;
    entries_.emplace(std::move(*all));
    return true;
  }
  finish();
  return false;
}

void prefetcher::stop() noexcept {
  finish();
  files_ = 0;
}

void prefetcher::finish() noexcept {
  next_.clear();
  entries_.reset();
  again_.reset();
  site_.reset();
  waits_for_ = 0;
  is_running_ = false;
}

// A damaged file is told of when somebody asks for it.
void prefetcher::read(const node& n) {
  const auto facts = site_->facts(n);
  if (!facts || (*facts)->streams) return;
  // What most clients accept.
  const content_form form = (*facts)->deflate ? content_form::gzip : content_form::plain;
  if (site_->whole(**facts, form)) ++files_;
}

bool prefetcher::work(platform& p) {
  if (!entries_ || waits_for_ != 0) return false;
  const no_waiting here(p);
  const std::uint64_t start = p.monotonic_ns();
  do {
    std::optional<node> n = std::exchange(again_, std::nullopt);
    while (!n && !site_->cache().is_full()) {
      const auto e = entries_->next();
      if (!e) break;
      if (e->node.kind == entry_kind::file || e->node.kind == entry_kind::executable) n = e->node;
    }
    if (!n) {
      if (!begin_next()) return false;
      continue;
    }
    read(*n);
    waits_for_ = p.take_ticket();
    if (waits_for_ != 0) {
      again_ = n;
      return false;
    }
  } while (p.monotonic_ns() - start < kSlice);
  return true;
}

}  // namespace docteur::cache_vm
