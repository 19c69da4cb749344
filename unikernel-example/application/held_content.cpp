#include "unikernel-example/application/held_content.hpp"

#include <iterator>
#include <utility>

namespace docteur::cache_vm {

void content_ledger::trim(const std::atomic<std::uint64_t>& live, std::uint64_t most) noexcept {
  for (auto at = order_.end(); live.load(std::memory_order_relaxed) > most && at != order_.begin();) {
    --at;
    if (at->what->is_cached.load(std::memory_order_relaxed) || at->what->size <= at->holds.size() * kOwn) continue;
    ++taken_;
    const auto behind = std::next(at);
    for (std::size_t n = at->holds.size(); n > 0; --n) at->holds.back()->let_go();  // the last one removes `at`
    at = behind;
  }
}

content_hold::content_hold(content_ledger& ledger, shared_content c) : ledger_(&ledger), content_(std::move(c)) {
  if (const auto known = ledger_->places_.find(content_.get()); known != ledger_->places_.end()) {
    at_ = known->second;
    at_->holds.push_back(this);
    place_ = at_->holds.size() - 1;
    touch();
    return;
  }
  std::list<content_ledger::held> fresh;
  fresh.push_back({content_.get(), {this}});
  ledger_->places_.emplace(content_.get(), fresh.begin());
  at_ = fresh.begin();
  ledger_->order_.splice(ledger_->order_.begin(), fresh);
}

void content_hold::touch() noexcept {
  if (content_) ledger_->order_.splice(ledger_->order_.begin(), ledger_->order_, at_);
}

void content_hold::let_go() noexcept {
  if (!content_) return;
  auto& holds = at_->holds;
  holds[place_] = holds.back();
  holds[place_]->place_ = place_;
  holds.pop_back();
  if (holds.empty()) {
    ledger_->places_.erase(content_.get());
    ledger_->order_.erase(at_);
  }
  content_.reset();
}

}  // namespace docteur::cache_vm
