#pragma once
// What must not outlive the process: temporary names and folders, programs it has started, the state of the terminal.
// A destructor takes it away; where a signal ends the process and no destructor runs, remove_all() does. Hosted, POSIX.

#include <functional>
#include <list>

namespace docteur {

class leftover {
 public:
  leftover() = default;  // nothing
  // `make` makes the thing and returns how to take it away again, or an empty function where it could not be made.
  // Making and remembering are one step for remove_all(). errno is what `make` left. What is returned may be called
  // more than once, from another thread, at any time until this object is gone.
  explicit leftover(const std::function<std::function<void()>()>& make);
  leftover(leftover&& other) noexcept;
  leftover& operator=(leftover&& other) noexcept;
  ~leftover();  // takes it away

  // It stays, or is gone already.
  void keep() noexcept;
  explicit operator bool() const noexcept { return is_there_; }

  // For the end of the process: takes away all there is, the youngest first. From then on no leftover is made or
  // forgotten: who tries waits.
  static void remove_all() noexcept;

 private:
  using removal = std::function<void()>;
  std::list<removal>::iterator place_{};
  bool is_there_ = false;
};

}  // namespace docteur
