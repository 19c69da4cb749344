#pragma once
// The head of a response: its status and the few fields that a range needs. Hosted.

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace docteur {

// `bytes 0-99/1000` or `bytes */1000` (RFC 9110, section 14.4).
struct content_range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;              // bytes of the part; 0: `*`, no part
  std::optional<std::uint64_t> total;  // bytes of the whole file; nullopt: `*`
};

// Errors are nullopt: other units, missing numbers, numbers over 2^63, a part that leaves the whole.
[[nodiscard]] std::optional<content_range> parse_content_range(std::string_view value);
// Content-Length (RFC 9110, section 8.6): bytes, below 2^63.
[[nodiscard]] std::optional<std::uint64_t> parse_length(std::string_view value);
// Retry-After (RFC 9110, section 10.2.3): seconds, or a date, of which `now` is subtracted; at least 0 and at most a
// day.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::time_t now);
// Whether `value` is an entity tag that does not begin with W/, of at most 256 printable ASCII characters.
[[nodiscard]] bool is_strong_etag(std::string_view value);
// Whether `value` is not empty and has at most 256 characters, all printable ASCII.
[[nodiscard]] bool is_plain_value(std::string_view value);

class http_head {
 public:
  // Takes a line as it came, the status line first; a second status line (after 100 Continue) starts anew. Returns
  // false if the head is longer than 64 KiB.
  bool add(std::string_view line);

  int status = 0;
  std::optional<std::string> content_range;  // the fields' values without surrounding spaces
  std::optional<std::string> content_length;
  std::optional<std::string> content_encoding;
  std::optional<std::string> etag;
  std::optional<std::string> last_modified;
  std::optional<std::string> retry_after;
  std::optional<std::string> location;  // of these the first, if there are several
  std::optional<std::string> content_type;
  std::optional<std::string> upload_range;    // Range: what an upload has, `0-99`
  std::optional<std::string> least_chunk;     // OCI-Chunk-Min-Length
  std::optional<std::string> content_digest;  // Docker-Content-Digest
  std::vector<std::string> challenges;        // each WWW-Authenticate
  bool is_ambiguous = false;                  // one of the first six came twice, with different values

 private:
  void add_more(std::string_view name, std::string_view value);
  std::size_t size_ = 0;  // bytes so far
};

}  // namespace docteur
