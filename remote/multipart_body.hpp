#pragma once
// The body of an answer to several ranges, multipart/byteranges (RFC 9110, section 14.6), as it arrives. Hosted.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/bytes.hpp"
#include "remote/http_verdict.hpp"

namespace docteur {

// The boundary that a Content-Type of multipart/byteranges names (RFC 2046, section 5.1.1). nullopt: it is another
// type, or names none.
[[nodiscard]] std::optional<std::string> multipart_boundary(std::string_view content_type);

class multipart_body {
 public:
  // Gets bytes at an offset of the file. Returns false to end the request.
  using taker = std::function<bool(std::uint64_t at, bytes piece)>;

  // `asked`: the ranges that were asked for, ascending and disjoint. `size`: of the file.
  multipart_body(std::string boundary, std::vector<byte_range> asked, std::uint64_t size);

  // Takes the next bytes of the body. The parts must be those asked for, in their order; neighbours may have been made
  // one. Returns false when the bytes are not such parts, or when `to` returns false; why() says which.
  [[nodiscard]] bool take(bytes piece, const taker& to);
  // Why take() returned false: a static text, or nullptr if `to` did.
  [[nodiscard]] const char* why() const noexcept { return why_; }
  // All that was asked for has come.
  [[nodiscard]] bool is_complete() const noexcept { return next_ == asked_.size() && left_ == 0; }

 private:
  bool refuse(const char* why);
  bool take_line(bytes& piece);
  bool end_line();
  bool begin_part();

  const std::string delimiter_;
  const std::vector<byte_range> asked_;
  const std::uint64_t size_;
  std::size_t next_ = 0;    // of asked_, the first that no part had
  std::uint64_t at_ = 0;    // in the file, of the current part
  std::uint64_t left_ = 0;  // bytes of the current part
  bool in_head_ = false;    // the lines are those of a part's head
  std::string line_;        // what came of the current line
  std::size_t lines_ = 0;   // bytes of lines since the last part
  std::optional<std::string> content_range_;
  const char* why_ = nullptr;
};

}  // namespace docteur
