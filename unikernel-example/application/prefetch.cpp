#include "unikernel-example/application/prefetch.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::uint64_t kSlice = 3'000'000;  // ns

}  // namespace

void prefetcher::start(std::shared_ptr<site> s) {
  stop();
  auto all = s->image().list({}, docteur::image::depth::all);
  if (!all) return;
  site_ = std::move(s);
  entries_.emplace(std::move(*all));
}

bool prefetcher::work(platform& p) {
  if (!entries_) return false;
  const std::uint64_t start = p.monotonic_ns();
  do {
    const auto e = site_->cache().is_full() ? std::nullopt : entries_->next();
    if (!e) {
      entries_.reset();
      site_.reset();
      return false;
    }
    if (e->what.kind != entry_kind::file && e->what.kind != entry_kind::executable) continue;
    const auto facts = site_->facts(e->what);
    // A damaged file is reported when it is requested.
    if (!facts || (*facts)->streams) continue;
    const coding form = (*facts)->deflate ? coding::deflate : coding::identity;
    if (site_->whole(**facts, form)) ++files_;
  } while (p.monotonic_ns() - start < kSlice);
  return true;
}

}  // namespace docteur::cache_vm
