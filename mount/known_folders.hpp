#pragma once
// The folders that the kernel holds, with their paths: the path tree leads from a path to a node, not back. Hosted, may
// be used by many threads.

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace docteur {

class known_folders {
 public:
  known_folders();

  // The kernel has been given one more reference to the folder `number` at `path`.
  void add(std::uint64_t number, std::string_view path);
  // The kernel has given `count` references back; a folder without any is forgotten. The root never is.
  void forget(std::uint64_t number, std::uint64_t count);
  // Returns nullopt if the kernel does not hold the folder.
  [[nodiscard]] std::optional<std::string> path(std::uint64_t number) const;
  [[nodiscard]] std::size_t size() const;  // folders, the root included

  // Remembers that the first `passed` entries of a listing of `number` end with `name`. Of many such places the oldest
  // are forgotten.
  void leave_mark(std::uint64_t number, std::uint64_t passed, std::string_view name);
  // Returns the last such place up to `passed`, or nullopt if all are forgotten.
  struct mark {
    std::uint64_t passed;
    std::string name;
  };
  [[nodiscard]] std::optional<mark> last_mark(std::uint64_t number, std::uint64_t passed) const;

 private:
  struct folder {
    std::string path;
    std::uint64_t references;
  };
  struct place {
    std::uint64_t number = 0;
    mark at{};
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, folder> folders_;
  std::array<place, 128> places_;
  std::size_t next_place_ = 0;
};

}  // namespace docteur
