#pragma once
// Patterns of paths as the files _headers and _redirects of Netlify and Cloudflare Pages have them: "/a/:name/b*.js".
// The text comes from an image, which nobody vouches for: all work is bounded by the lengths of pattern and path.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

// What placeholders stood for, decoded. Views of the pattern and of what it was compared with.
class captures {
 public:
  static constexpr std::size_t kMost = 16;

  // False when there is no room, or the name is taken.
  bool add(std::string_view name, std::string_view value) noexcept;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void cut(std::size_t size) noexcept { size_ = size; }

 private:
  struct one {
    std::string_view name, value;
  };
  std::array<one, kMost> all_;
  std::size_t size_ = 0;
};

// ":name" at the front of `text`, a letter and then letters, digits and '_': its size, else 0.
[[nodiscard]] std::size_t reference_size(std::string_view text) noexcept;

// Appends `text` with its references replaced by what they stand for, percent-encoded as in a path; names that stand
// for nothing stay as they are. False when `out` would grow beyond `most` bytes.
[[nodiscard]] bool expand(std::string_view text, const captures& found, std::size_t most, std::string& out);

// "https://host" or "http://host" in front limits it to a host. Between slashes there is text, in which one ":name"
// stands for one or more bytes. One '*' in all, not in a segment with a placeholder, stands for any bytes, slashes as
// well, and is called "splat". "/a/*" also matches "/a". Empty segments, and so a slash at the end, do not count.
class path_pattern {
 public:
  // nullptr, or what is wrong. To be called once.
  [[nodiscard]] const char* parse(std::string_view text);

  // `path`: as in request_path. Adds to `found`, whose values are views of `path`.
  [[nodiscard]] bool matches(std::string_view host, std::string_view path, captures& found) const noexcept;

  // Whether it matches one path only, and then that path.
  [[nodiscard]] bool is_literal() const noexcept { return !has_splat_ && is_plain_; }
  [[nodiscard]] const std::string& literal() const noexcept { return literal_; }
  [[nodiscard]] bool matches_host(std::string_view host) const noexcept;

 private:
  // Before and behind the placeholder; without a name, `before` is all of it.
  struct segment {
    std::string before, name, behind;
  };
  [[nodiscard]] const char* add(std::string_view text);
  [[nodiscard]] const char* add_splat(std::string_view text);
  [[nodiscard]] static bool take(const segment& s, std::string_view text, captures& found) noexcept;

  std::string host_;                   // "": any
  std::vector<segment> front_, back_;  // before and behind the segment with the splat
  std::string before_splat_, behind_splat_;
  std::string literal_;
  bool has_splat_ = false;
  bool is_plain_ = true;  // no placeholders
};

}  // namespace docteur::cache_vm
