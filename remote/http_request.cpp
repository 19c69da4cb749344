#include "remote/http_request.hpp"

#include <new>

#include "base/printable.hpp"

namespace docteur {
namespace {

using kind = http_verdict::kind;

constexpr std::size_t kIgnoredBody = 16 << 10;  // bytes of an error page that are read to keep the connection
constexpr long kBuffer = 256 << 10;             // bytes that libcurl hands over at once, at most

// libcurl's global state, made before the first handle; it lives as long as the process.
void start_libcurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::bad_alloc();
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

void add(curl_slist*& fields, const std::string& line) {
  curl_slist* const longer = curl_slist_append(fields, line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  fields = longer;
}

bool is_worth_another_try(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
    case CURLE_AGAIN: return true;
    default: return false;
  }
}

}  // namespace

http_request::http_request() {
  start_libcurl();
  easy_ = curl_easy_init();
  if (easy_ == nullptr) throw std::bad_alloc();
}

http_request::~http_request() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(fields_);
}

void http_request::prepare(const remote_address& where, const http_options& options, const std::string& token,
                           byte_range asked, const std::optional<image_version>& pin, taker take) {
  curl_easy_reset(easy_);
  head_ = {};
  judged_.reset();
  received_ = 0;
  ignored_ = 0;
  broken_ = nullptr;
  asked_ = asked;
  pin_ = &pin;
  take_ = std::move(take);
  error_.assign(CURL_ERROR_SIZE, '\0');

  set(easy_, CURLOPT_ERRORBUFFER, error_.data());
  set(easy_, CURLOPT_PRIVATE, this);
  set(easy_, CURLOPT_URL, where.url.c_str());
  set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);  // redirected() decides
  set(easy_, CURLOPT_USERAGENT, "docteur/" DOCTEUR_VERSION);
  set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy_, CURLOPT_PIPEWAIT, 1L);
  set(easy_, CURLOPT_BUFFERSIZE, kBuffer);
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(easy_, CURLOPT_LOW_SPEED_LIMIT, kLeastSpeed);
  set(easy_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  if (!options.ca_file.empty()) set(easy_, CURLOPT_CAINFO, options.ca_file.c_str());
  set(easy_, CURLOPT_NETRC, static_cast<long>(options.netrc ? CURL_NETRC_OPTIONAL : CURL_NETRC_IGNORED));
  if (!token.empty()) {
    set(easy_, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    set(easy_, CURLOPT_XOAUTH2_BEARER, token.c_str());
  } else if (!where.user.empty() || where.password) {
    set(easy_, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    set(easy_, CURLOPT_USERNAME, where.user.c_str());
    set(easy_, CURLOPT_PASSWORD, where.password.value_or("").c_str());
  }
  curl_slist_free_all(std::exchange(fields_, nullptr));
  add(fields_, "Accept-Encoding: identity");
  if (pin && !pin->etag.empty()) add(fields_, "If-Match: " + pin->etag);
  if (pin && pin->etag.empty()) add(fields_, "If-Unmodified-Since: " + pin->modified);
  set(easy_, CURLOPT_HTTPHEADER, fields_);
  const std::string range = std::to_string(asked.offset) + "-" + std::to_string(asked.offset + asked.size - 1);
  set(easy_, CURLOPT_RANGE, range.c_str());
  set(easy_, CURLOPT_HEADERFUNCTION, on_header);
  set(easy_, CURLOPT_HEADERDATA, this);
  set(easy_, CURLOPT_WRITEFUNCTION, on_body);
  set(easy_, CURLOPT_WRITEDATA, this);
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
  judged_ = judge(head_, asked_, *pin_, std::time(nullptr));
  judged_->status = head_.status;
  return *judged_;
}

bool http_request::take_body(bytes piece) {
  const http_verdict& v = judged();
  if (v.is != kind::good) {
    ignored_ += piece.size();
    return head_.status != 200 && ignored_ <= kIgnoredBody;
  }
  if (piece.size() > v.part.size - received_) {
    broken_ = "the server sends more than was asked for";
    return false;
  }
  if (!take_(v.part.offset + received_, piece)) {
    broken_ = "the bytes could not be kept";
    return false;
  }
  received_ += piece.size();
  return true;
}

http_verdict http_request::failed(CURLcode code) const {
  http_verdict v;
  v.is = is_worth_another_try(code) ? kind::retry : kind::refused;
  v.is_unreachable = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT;
  const std::string said(error_.c_str());
  v.text = printable_line(said.empty() ? curl_easy_strerror(code) : said);
  return v;
}

http_verdict http_request::result(CURLcode code) {
  http_verdict v;
  if (broken_ != nullptr) {
    v.text = broken_;
    return v;
  }
  if (head_.status == 0) return failed(code == CURLE_OK ? CURLE_GOT_NOTHING : code);
  v = judged();
  if (v.is != kind::good) return v;
  if (code != CURLE_OK) return failed(code);
  if (received_ < v.part.size) return failed(CURLE_PARTIAL_FILE);
  return v;
}

std::string http_request::location() const {
  const char* to = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &to);
  return to != nullptr ? to : "";
}

}  // namespace docteur
