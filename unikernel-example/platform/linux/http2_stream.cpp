#include "unikernel-example/platform/linux/http2_stream.hpp"

#include <algorithm>
#include <cstring>

#include "unikernel-example/platform/linux/http2_session.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::size_t kLittle = 4 << 10;     // bytes
constexpr std::size_t kMostHead = 64 << 10;  // bytes

}  // namespace

std::size_t http2_stream::receive(mutable_bytes into) {
  const std::size_t n = std::min(into.size(), input_.size() - taken_);
  if (n == 0) return 0;
  std::memcpy(into.data(), input_.data() + taken_, n);
  taken_ += n;
  if (taken_ == input_.size()) {
    input_.clear();
    taken_ = 0;
    session_->content_taken(*this);
  }
  return n;
}

connection::input http2_stream::state() const {
  if (broken_) return input::broken;
  return input_is_over_ && input_.empty() ? input::ended : input::open;
}

std::size_t http2_stream::room() const {
  if (broken_ || use_ != use::open) return 0;
  const std::size_t n = out_.room();
  if (n < kLittle) starved_ = true;
  return n;
}

// The head comes first, then the body.
std::size_t http2_stream::send(bytes from) {
  if (broken_ || use_ != use::open) return 0;
  session_->make_changed(*this);
  std::size_t taken = 0;
  while (!has_head_ && taken < from.size()) {
    const std::size_t before = head_.size();
    head_.append(as_text(from.subspan(taken)).substr(0, kMostHead - before));
    const std::size_t size = response_head_size(head_);
    if (size == 0) {
      if (head_.size() == kMostHead) abort();  // no head of the application is so long
      return from.size();
    }
    taken += size - before;
    head_.resize(size);
    has_head_ = true;
    if (head_.starts_with("HTTP/1.1 1")) session_->submit_interim(*this);  // another head follows
  }
  const bytes rest = from.subspan(taken).first(std::min(out_.room(), from.size() - taken));
  out_.append(rest);
  if (taken + rest.size() < from.size()) starved_ = true;
  return taken + rest.size();
}

void http2_stream::close() {
  if (use_ != use::open) return;
  use_ = use::closing;
  session_->let_go(*this);
}

void http2_stream::abort() {
  if (use_ == use::aborted) return;
  use_ = use::aborted;
  session_->let_go(*this);
}

std::string http2_stream::peer() const { return session_->peer_; }

}  // namespace docteur::cache_vm::on_linux
