#include "unikernel-example/application/held_content.hpp"

#include <utility>

namespace docteur::cache_vm {

void content_ledger::trim(const std::uint64_t& live, std::uint64_t most) noexcept {
  for (auto at = order_.end(); live > most && at != order_.begin();) {
    const content* const c = *--at;
    auto& used = c->used;
    if (used.is_cached || c->size <= used.holds.size() * kOwn) continue;
    ++at;  // letting go of `c` does not invalidate what is behind it
    ++taken_;
    for (std::size_t n = used.holds.size(); n > 0; --n) used.holds.back()->let_go();  // the last one frees `c`
  }
}

content_hold::content_hold(content_ledger& ledger, shared_content c) : ledger_(&ledger), content_(std::move(c)) {
  auto& used = content_->used;
  used.holds.push_back(this);
  place_ = used.holds.size() - 1;
  if (used.holds.size() > 1) {
    touch();
    return;
  }
  try {
    used.place = ledger_->order_.insert(ledger_->order_.begin(), content_.get());
  } catch (...) {
    used.holds.pop_back();
    throw;
  }
}

void content_hold::touch() noexcept {
  if (content_) ledger_->order_.splice(ledger_->order_.begin(), ledger_->order_, content_->used.place);
}

void content_hold::let_go() noexcept {
  if (!content_) return;
  auto& holds = content_->used.holds;
  holds[place_] = holds.back();
  holds[place_]->place_ = place_;
  holds.pop_back();
  if (holds.empty()) ledger_->order_.erase(content_->used.place);
  content_.reset();
}

}  // namespace docteur::cache_vm
