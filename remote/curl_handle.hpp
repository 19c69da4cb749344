#pragma once
// A handle of libcurl that keeps its connection, and what all requests have in common. Hosted.

#include <string>

#include "base/remote_address.hpp"
#include "remote/http_options.hpp"
#include "remote/http_verdict.hpp"
#include "remote/libcurl.hpp"

namespace docteur {

class curl_handle {
 public:
  curl_handle();
  ~curl_handle();
  curl_handle(const curl_handle&) = delete;
  curl_handle& operator=(const curl_handle&) = delete;

  [[nodiscard]] CURL* get() const noexcept { return easy_; }
  // Forgets the last request and begins one for `where`: time limits, authorities, and the token or else the user of
  // `where`. `token`: empty for none, and for hosts that must not get it. Redirects are not followed. `self`: what
  // CURLINFO_PRIVATE returns.
  void begin(const remote_address& where, const http_options& options, const std::string& token, void* self);
  template <class T>
  void set(CURLoption option, T value) {
    curl().easy_setopt(easy_, option, value);
  }
  // Adds a field, "Name: value", to the request.
  void add_field(const std::string& line);

  // Why there is no answer, after libcurl ended with `code`: retry or refused, with a text.
  [[nodiscard]] http_verdict failed(CURLcode code) const;
  // After a redirect: the absolute address, or empty.
  [[nodiscard]] std::string location() const;

 private:
  CURL* easy_;
  curl_slist* fields_ = nullptr;
  std::string error_;  // CURL_ERROR_SIZE bytes, filled by libcurl
};

}  // namespace docteur
