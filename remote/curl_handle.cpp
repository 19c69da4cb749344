#include "remote/curl_handle.hpp"

#include <new>
#include <utility>

#include "base/printable.hpp"

namespace docteur {
namespace {

using kind = http_verdict::kind;

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
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
    case CURLE_AGAIN: return true;
    default: return false;
  }
}

}  // namespace

curl_handle::curl_handle() : easy_(curl().easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
}

curl_handle::~curl_handle() {
  curl().easy_cleanup(easy_);
  curl().slist_free_all(fields_);
}

void curl_handle::begin(const remote_address& where, const http_options& options, const std::string& token,
                        void* self) {
  curl().easy_reset(easy_);
  curl().slist_free_all(std::exchange(fields_, nullptr));
  error_.assign(CURL_ERROR_SIZE, '\0');
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_PRIVATE, self);
  set(CURLOPT_URL, where.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);  // redirected() decides
  set(CURLOPT_USERAGENT, "docteur/" DOCTEUR_VERSION);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_PIPEWAIT, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, kLeastSpeed);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  set(CURLOPT_NETRC, static_cast<long>(options.netrc ? CURL_NETRC_OPTIONAL : CURL_NETRC_IGNORED));
  if (!token.empty()) {
    set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    set(CURLOPT_XOAUTH2_BEARER, token.c_str());
  } else if (!where.user.empty() || where.password) {
    set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    set(CURLOPT_USERNAME, where.user.c_str());
    set(CURLOPT_PASSWORD, where.password.value_or("").c_str());
  }
}

void curl_handle::add_field(const std::string& line) {
  curl_slist* const longer = curl().slist_append(fields_, line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  fields_ = longer;
  set(CURLOPT_HTTPHEADER, fields_);
}

http_verdict curl_handle::failed(CURLcode code) const {
  http_verdict v;
  v.is = is_worth_another_try(code) ? kind::retry : kind::refused;
  v.is_unreachable = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT;
  const std::string said(error_.c_str());
  v.text = printable_line(said.empty() ? curl().easy_strerror(code) : said);
  return v;
}

std::string curl_handle::location() const {
  const char* to = nullptr;
  curl().easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &to);
  return to != nullptr ? to : "";
}

}  // namespace docteur
