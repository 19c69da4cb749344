#pragma once
// What the files _headers and _redirects have in common: lines, limits, and what is wrong with a line.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

struct rule_fault {
  std::string_view file;  // "_headers" or "_redirects"
  std::uint32_t line;     // from 1 on; 0: the whole file
  const char* what;       // static storage
};

struct rule_limits {
  static constexpr std::size_t kFileBytes = 256 << 10;  // of a file, which is not read if it is longer
  static constexpr std::size_t kLineBytes = 2000;       // of a line, as Cloudflare has it
  static constexpr std::size_t kPatterns = 512;    // paths in _headers, each of which is compared with each request
  static constexpr std::size_t kAllFields = 2048;  // below all of them
  static constexpr std::size_t kFields = 64;       // below one of them
  static constexpr std::size_t kRedirects = 4096;
  static constexpr std::size_t kRedirectPatterns = 1024;  // of these, with placeholders or '*'
  static constexpr std::size_t kExpanded = 8 << 10;  // bytes of a response's values whose placeholders were replaced
  static constexpr std::size_t kFaults = 16;         // that are kept
};

class rule_faults {
 public:
  void add(std::string_view file, std::uint32_t line, const char* what) {
    ++count_;
    if (kept_.size() < rule_limits::kFaults) kept_.push_back({file, line, what});
  }
  [[nodiscard]] const std::vector<rule_fault>& kept() const noexcept { return kept_; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  std::vector<rule_fault> kept_;
  std::size_t count_ = 0;
};

// The lines of a text, without what ends them (LF or CR LF) and without a byte order mark.
class rule_lines {
 public:
  explicit rule_lines(std::string_view text) noexcept
      : rest_(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text) {}
  // False at the end of the text.
  [[nodiscard]] bool next(std::string_view& line) noexcept {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return true;
  }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

 private:
  std::string_view rest_;
  std::uint32_t number_ = 0;
};

}  // namespace docteur::cache_vm
