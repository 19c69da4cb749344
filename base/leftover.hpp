#pragma once
// Something that must not outlive the process: a temporary name or folder, a program it has started, the state of the
// terminal. The destructor removes it; when a signal ends the process and no destructor runs, remove_all() does.
// Hosted, POSIX.

#include <functional>
#include <list>

namespace docteur {

class leftover {
 public:
  leftover() = default;  // nothing
  // `make` creates the thing and returns a function that removes it, or an empty function if it could not be created.
  // To remove_all(), creating and registering are one step. errno is as `make` left it. The function may be called more
  // than once, from another thread, at any time until this object is gone.
  explicit leftover(const std::function<std::function<void()>()>& make);
  leftover(leftover&& other) noexcept;
  leftover& operator=(leftover&& other) noexcept;
  ~leftover();  // removes it

  // The thing stays, or is gone already.
  void keep() noexcept;
  explicit operator bool() const noexcept { return is_there_; }

  // For the end of the process: removes all that is registered, the youngest first. From then on, creating a leftover
  // or calling keep() blocks.
  static void remove_all() noexcept;

 private:
  using removal = std::function<void()>;
  std::list<removal>::iterator place_{};
  bool is_there_ = false;
};

}  // namespace docteur
