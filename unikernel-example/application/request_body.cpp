#include "unikernel-example/application/request_body.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>

#include "object/bytes.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kLongestLine = 256;  // bytes of a chunk's first line, with its extension
constexpr std::size_t kLeastGzip = 18;     // bytes of head and trailer (RFC 1952, section 2.3)

// A chunk's first line, "1a4;a=b" CR LF (RFC 9112, section 7.1).
struct chunk_line {
  head_end::kind state;
  std::size_t line = 0;  // bytes
  std::uint64_t data = 0;
};
[[nodiscard]] chunk_line parse_chunk_line(std::string_view text) noexcept {
  using enum head_end::kind;
  const std::size_t end = text.substr(0, kLongestLine).find('\n');
  if (end == std::string_view::npos) return {text.size() < kLongestLine ? more : refused};
  if (end == 0 || text[end - 1] != '\r') return {refused};
  const std::string_view line = text.substr(0, end - 1);
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    if (size >> 32 != 0) return {refused};
    size = size * 16 + static_cast<std::uint64_t>(hex_value(line[digits]));
  }
  const std::string_view extension = trim(line.substr(digits));
  if (digits == 0 || (!extension.empty() && extension[0] != ';') || !is_text(extension)) return {refused};
  return {whole, end + 1, size};
}

// The data of chunks that body_finder has accepted.
[[nodiscard]] std::string join_chunks(std::string_view body) {
  std::string all;
  all.reserve(body.size());
  for (;;) {
    const chunk_line c = parse_chunk_line(body);
    if (c.data == 0) return all;
    all += body.substr(c.line, static_cast<std::size_t>(c.data));
    body.remove_prefix(c.line + static_cast<std::size_t>(c.data) + 2);
  }
}

struct free_decompressor {
  void operator()(libdeflate_decompressor* d) const noexcept { libdeflate_free_decompressor(d); }
};

[[nodiscard]] body_content gunzip(std::string_view coded, std::size_t most) {
  if (coded.size() < kLeastGzip) return {400, {}};
  // The trailer says how much it will be.
  const auto size = load_le<std::uint32_t>(as_bytes(coded).last(4).data());
  if (size > most) return {413, {}};
  const std::unique_ptr<libdeflate_decompressor, free_decompressor> d(libdeflate_alloc_decompressor());
  if (!d) throw std::bad_alloc();
  std::string text(size, '\0');
  std::size_t used = 0;
  const auto how =
      libdeflate_gzip_decompress_ex(d.get(), coded.data(), coded.size(), text.data(), text.size(), &used, nullptr);
  if (how != LIBDEFLATE_SUCCESS || used != coded.size()) return {400, {}};
  return {0, std::move(text)};
}

}  // namespace

void body_finder::begin(const http_request& r, const http_limits& limits) noexcept {
  begun_ = true;
  chunked_ = r.chunked;
  left_ = chunked_ || !r.content_length ? 0 : parse_number(*r.content_length).value_or(0);
  at_ = 0;
  most_ = limits.body_bytes;
}

head_end body_finder::find(std::string_view text) noexcept {
  using enum head_end::kind;
  if (chunked_) return find_last_chunk(text);
  if (left_ > most_) return {refused, 0, 413};
  if (text.size() < left_) return {more};
  return {whole, static_cast<std::size_t>(left_), 0};
}

head_end body_finder::find_last_chunk(std::string_view text) noexcept {
  using enum head_end::kind;
  for (;;) {
    if (left_ > 0) {
      // The data and the line end behind it.
      if (text.size() - at_ < left_) return text.size() < most_ ? head_end{more} : head_end{refused, 0, 413};
      at_ += static_cast<std::size_t>(left_);
      left_ = 0;
      if (text.substr(at_ - 2, 2) != "\r\n") return {refused, 0, 400};
    }
    const chunk_line c = parse_chunk_line(text.substr(at_));
    if (c.state == refused) return {refused, 0, 400};
    if (c.state == more) return text.size() < most_ ? head_end{more} : head_end{refused, 0, 413};
    if (c.data == 0) {
      if (at_ + c.line + 2 > most_) return {refused, 0, 413};
      const std::string_view rest = text.substr(at_ + c.line, 2);
      if (rest == "\r\n") return {whole, at_ + c.line + 2, 0};
      return rest.empty() || rest == "\r" ? head_end{more} : head_end{refused, 0, 413};  // trailers
    }
    left_ = c.data + 2;
    at_ += c.line;
    if (at_ + left_ > most_) return {refused, 0, 413};
  }
}

body_content decode_body(const http_request& r, const http_limits& limits) {
  std::string joined;
  std::string_view coded = r.body;
  if (r.chunked) {
    joined = join_chunks(coded);
    coded = joined;
  }
  const std::string_view coding = r.content_encoding.value_or(std::string_view());
  if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip"))
    return gunzip(coded, limits.content_bytes);
  if (!coding.empty() && !equal_ignoring_case(coding, "identity")) return {415, {}};
  if (r.chunked) return {0, std::move(joined)};
  return {0, std::string(coded)};
}

}  // namespace docteur::cache_vm
