#include "remote/http_request.hpp"

#include <ctime>

namespace docteur {
namespace {

using kind = http_verdict::kind;

constexpr std::size_t kIgnoredBody = 16 << 10;  // bytes of an error page that are read to keep the connection
constexpr long kBuffer = 256 << 10;             // bytes that libcurl hands over at once, at most

// As in the field Range: `0-99,200-299`.
std::string range_text(const std::vector<byte_range>& ranges) {
  std::string text;
  for (const byte_range& r : ranges) {
    if (!text.empty()) text += ',';
    text += std::to_string(r.offset) + "-" + std::to_string(r.offset + r.size - 1);
  }
  return text;
}

}  // namespace

void http_request::prepare(const remote_address& where, const http_options& options, const std::string& token,
                           asked_part asked, const std::optional<image_version>& pin, taker take) {
  curl_.begin(where, options, token, this);
  head_ = {};
  judged_.reset();
  received_ = 0;
  ignored_ = 0;
  has_enough_ = false;
  broken_ = nullptr;
  asked_ = std::move(asked);
  body_.reset();
  pin_ = &pin;
  take_ = std::move(take);

  curl_.set(CURLOPT_BUFFERSIZE, kBuffer);
  curl_.add_field("Accept-Encoding: identity");
  if (pin && !pin->etag.empty()) curl_.add_field("If-Match: " + pin->etag);
  if (pin && !pin->modified.empty()) curl_.add_field("If-Unmodified-Since: " + pin->modified);
  const std::string range = asked_.parts.size() < 2 ? range_text({asked_.range}) : range_text(asked_.parts);
  curl_.set(CURLOPT_RANGE, range.c_str());
  curl_.set(CURLOPT_HEADERFUNCTION, on_header);
  curl_.set(CURLOPT_HEADERDATA, this);
  curl_.set(CURLOPT_WRITEFUNCTION, on_body);
  curl_.set(CURLOPT_WRITEDATA, this);
}

std::size_t http_request::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& r = *static_cast<http_request*>(self);
  if (r.head_.add({data, size * count})) return size * count;
  r.broken_ = "the head of the answer has no end";
  return 0;
}

std::size_t http_request::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  const bytes piece(reinterpret_cast<const std::byte*>(data), size * count);
  return static_cast<http_request*>(self)->take_body(piece) ? piece.size() : 0;
}

const http_verdict& http_request::judged() {
  if (judged_) return *judged_;
  const auto boundary =
      asked_.parts.size() < 2 || !head_.content_type ? std::nullopt : multipart_boundary(*head_.content_type);
  if (head_.status == 206 && boundary) {
    judged_ = judge_parts(head_, asked_.range, **pin_);
    body_.emplace(*boundary, asked_.parts, (*pin_)->size);
  } else {
    judged_ = judge(head_, asked_.range, *pin_, std::time(nullptr), asked_.may_be_whole);
  }
  judged_->status = head_.status;
  return *judged_;
}

bool http_request::take_body(bytes piece) {
  const http_verdict& v = judged();
  if (v.is != kind::good) {
    ignored_ += piece.size();
    return head_.status != 200 && ignored_ <= kIgnoredBody;
  }
  if (body_) return take_parts(piece);
  if (piece.size() > v.part.size - received_) {
    broken_ = "the server sends more than was asked for";
    return false;
  }
  const std::uint64_t at = v.part.offset + received_;
  received_ += piece.size();
  return hand_over(at, piece);
}

bool http_request::hand_over(std::uint64_t at, bytes piece) {
  const after then = take_(at, piece);
  has_enough_ = then == after::enough;
  if (then == after::failed) broken_ = "the bytes could not be kept";
  return then == after::more;
}

bool http_request::take_parts(bytes piece) {
  const auto take = [this](std::uint64_t at, bytes content) {
    received_ += content.size();
    return hand_over(at, content);
  };
  if (body_->take(piece, take)) return true;
  if (body_->why() != nullptr) broken_ = body_->why();
  return false;
}

http_verdict http_request::result(CURLcode code) {
  http_verdict v;
  if (broken_ != nullptr) {
    v.text = broken_;
    return v;
  }
  if (head_.status == 0) return curl_.failed(code == CURLE_OK ? CURLE_GOT_NOTHING : code);
  v = judged();
  if (v.is != kind::good || has_enough_) return v;
  if (code != CURLE_OK) return curl_.failed(code);
  if (body_ ? !body_->is_complete() : received_ < v.part.size) return curl_.failed(CURLE_PARTIAL_FILE);
  return v;
}

}  // namespace docteur
