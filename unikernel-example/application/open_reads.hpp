#pragma once
// What a client's response is read from while its content is not in memory whole: a stream, which takes some 80 KiB
// when it inflates, or a window of 64 KiB. A client that stops reading would keep that for ever. So only a number of
// them are open at a time: the one used longest ago is closed, and its client's next read opens it again.

#include <cstddef>
#include <cstdint>
#include <list>

namespace docteur::cache_vm {

class open_reads;

// One that may be closed. The list it is in must outlive it.
class open_read {
 public:
  explicit open_read(open_reads& all) noexcept : all_(&all) {}
  open_read(const open_read&) = delete;
  open_read& operator=(const open_read&) = delete;

 protected:
  ~open_read() { leave(); }
  // It is open and was used now. Another one may be closed for that.
  void touch();
  // It was closed by its owner.
  void leave() noexcept;

 private:
  friend class open_reads;
  virtual void close() noexcept = 0;  // gives back its memory

  open_reads* all_;
  bool is_listed_ = false;
  std::list<open_read*>::iterator place_;
};

class open_reads {
 public:
  static constexpr std::uint64_t kEach = 80 << 10;  // bytes that one takes, about

  // At most `most` > 0 are open.
  explicit open_reads(std::size_t most) noexcept : most_(most) {}
  open_reads(const open_reads&) = delete;
  open_reads& operator=(const open_reads&) = delete;

  void set_most(std::size_t most) noexcept;
  [[nodiscard]] std::size_t count() const noexcept { return order_.size(); }
  [[nodiscard]] std::uint64_t closed() const noexcept { return closed_; }  // since the beginning

 private:
  friend class open_read;
  void trim() noexcept;

  std::size_t most_;
  std::list<open_read*> order_;  // the one used last first
  std::uint64_t closed_ = 0;
};

}  // namespace docteur::cache_vm
