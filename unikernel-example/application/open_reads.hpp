#pragma once
// What a response is read from when its content is not in memory: a stream, which takes some 80 KiB when it inflates,
// or a window of 64 KiB. A client that stops reading would keep it for ever, so their number is bounded: the one used
// longest ago is closed, and the next read of its client opens it again.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>

namespace docteur::cache_vm {

class open_reads;

// A stream or window that may be closed.
class open_read {
 public:
  explicit open_read(std::shared_ptr<open_reads> all) noexcept : all_(std::move(all)) {}
  open_read(const open_read&) = delete;
  open_read& operator=(const open_read&) = delete;

 protected:
  ~open_read() { leave(); }
  // It is open and is used now. The one used longest ago may be closed for that.
  void touch();
  // Its owner closed it.
  void leave() noexcept;

 private:
  friend class open_reads;
  virtual void close() noexcept = 0;  // frees its memory

  std::shared_ptr<open_reads> all_;
  bool is_listed_ = false;
  std::list<open_read*>::iterator place_;
};

class open_reads {
 public:
  static constexpr std::uint64_t kEach = 80 << 10;  // bytes that one takes, roughly

  // At most `most` > 0 are open.
  explicit open_reads(std::size_t most) noexcept : most_(most) {}
  open_reads(const open_reads&) = delete;
  open_reads& operator=(const open_reads&) = delete;

  void set_most(std::size_t most) noexcept;
  [[nodiscard]] std::size_t count() const noexcept { return order_.size(); }
  [[nodiscard]] std::uint64_t closed() const noexcept { return closed_; }  // since the start

 private:
  friend class open_read;
  void trim() noexcept;

  std::size_t most_;
  std::list<open_read*> order_;  // most recently used first
  std::uint64_t closed_ = 0;
};

}  // namespace docteur::cache_vm
