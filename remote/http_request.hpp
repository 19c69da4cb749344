#pragma once
// One request for one range, on a handle of libcurl that keeps its connection. Hosted.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "object/bytes.hpp"
#include "remote/curl_handle.hpp"
#include "remote/http_verdict.hpp"
#include "remote/multipart_body.hpp"

namespace docteur {

// What a request is for.
struct asked_part {
  byte_range range;
  // Of `range`, ascending and disjoint, with its first and its last byte; the server is asked for these only, but may
  // send all of it. Fewer than two: all is asked for.
  std::vector<byte_range> parts{};
  bool may_be_whole = false;  // as for judge()
};

class http_request {
 public:
  // Receives the body in pieces that follow each other, but for gaps between parts; `at`: bytes from the start of the
  // file. Ends the request unless it returns `more`; `enough` leaves it good.
  enum class after { more, enough, failed };
  using taker = std::function<after(std::uint64_t at, bytes piece)>;

  http_request() = default;
  http_request(const http_request&) = delete;
  http_request& operator=(const http_request&) = delete;

  [[nodiscard]] CURL* handle() const noexcept { return curl_.get(); }

  // Prepares the handle for curl_multi_add_handle(). `pin`: as for judge(); must outlive the request. `token`: empty
  // for none, and for hosts that must not get it. With parts there must be a pin.
  void prepare(const remote_address& where, const http_options& options, const std::string& token, asked_part asked,
               const std::optional<image_version>& pin, taker take);

  // What became of it, once libcurl has said that it is done, with `code`. A body that is shorter than its head
  // promised is `retry`; received() says how much of it came.
  [[nodiscard]] http_verdict result(CURLcode code);
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }  // bytes that `take` got
  // The version that the body is of, and whether the body is all of it; to be called once `take` was.
  [[nodiscard]] const image_version& version() const noexcept { return judged_->version; }
  [[nodiscard]] bool is_whole() const noexcept { return head_.status == 200; }
  // After `redirect`: the absolute address, or empty.
  [[nodiscard]] std::string location() const { return curl_.location(); }
  // After status 401: what the server asks for.
  [[nodiscard]] const std::vector<std::string>& challenges() const noexcept { return head_.challenges; }

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  bool take_body(bytes piece);
  bool take_parts(bytes piece);
  bool hand_over(std::uint64_t at, bytes piece);
  const http_verdict& judged();

  curl_handle curl_;
  http_head head_;
  asked_part asked_;
  std::optional<multipart_body> body_;  // of an answer with parts
  const std::optional<image_version>* pin_ = nullptr;
  taker take_;
  std::optional<http_verdict> judged_;
  std::uint64_t received_ = 0;
  std::size_t ignored_ = 0;  // bytes of a body that is no part
  bool has_enough_ = false;
  const char* broken_ = nullptr;  // why the server was cut off
};

}  // namespace docteur
