#include "unikernel-example/application/open_reads.hpp"

namespace docteur::cache_vm {

void open_read::touch() {
  auto& order = all_->order_;
  if (is_listed_) return order.splice(order.begin(), order, place_);
  place_ = order.insert(order.begin(), this);
  is_listed_ = true;
  all_->trim();
}

void open_read::leave() noexcept {
  if (!is_listed_) return;
  all_->order_.erase(place_);
  is_listed_ = false;
}

void open_reads::set_most(std::size_t most) noexcept {
  most_ = most;
  trim();
}

void open_reads::trim() noexcept {
  while (order_.size() > most_) {
    open_read& last = *order_.back();
    last.leave();
    last.close();
    ++closed_;
  }
}

}  // namespace docteur::cache_vm
