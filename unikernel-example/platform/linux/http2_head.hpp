#pragma once
// Heads of HTTP/2's messages (RFC 9113, section 8.3) as text like that of HTTP/1.1, and back. Hosted.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace docteur::cache_vm::on_linux {

// Collects the fields of a request.
class request_fields {
 public:
  static constexpr std::size_t kMost = 64 << 10;  // bytes of all names and values

  // False: the field would be malformed as text, is about the connection, or is one too many.
  [[nodiscard]] bool add(std::string_view name, std::string_view value);
  // The head, up to the empty line at its end; nullopt if a part is missing. `has_content`: content follows, which is
  // chunked unless is_chunked() is false.
  [[nodiscard]] std::optional<std::string> text(bool has_content) const;
  // Whether the length of content is not known.
  [[nodiscard]] bool is_chunked() const noexcept { return !has_length_; }

 private:
  std::string method_, target_, authority_, host_, fields_;
  std::size_t size_ = 0;
  bool has_length_ = false;
};

struct response_field {
  std::string_view name, value;
};

// The head of a response, which this server made.
struct response_head {
  std::string_view status;             // three digits
  std::vector<response_field> fields;  // without those about the connection
};

// Bytes of the head at the front of `text`, with the empty line at its end; 0: its end is missing.
[[nodiscard]] std::size_t response_head_size(std::string_view text) noexcept;
// Names become lower-case in place; the result refers to `text`, which is one head. Throws std::bad_alloc.
[[nodiscard]] response_head parse_response_head(std::string& text);

}  // namespace docteur::cache_vm::on_linux
