#pragma once
// Whole requests, one after another, with bodies in memory: tried again where that may help, redirected, authorised.
// What a registry is spoken to with; the ranges of an image are range_client's. Hosted.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "object/bytes.hpp"
#include "remote/curl_handle.hpp"
#include "remote/http_head.hpp"
#include "remote/request_auth.hpp"
#include "remote/retry_pause.hpp"

namespace docteur {

inline constexpr std::chrono::seconds kSlowAnswer{600};

struct http_call {
  std::string method;  // GET, HEAD, POST, PATCH or PUT
  remote_address where;
  std::vector<std::string> fields;          // "Name: value"
  bytes body;                               // of POST, PATCH and PUT
  std::size_t most = std::size_t{1} << 20;  // bytes of the answer's body; a longer one is a failure
  std::function<void(std::uint64_t)> sent;  // told how many more bytes of the body were sent, if not empty
  bool is_slow = false;                     // the server works long before it answers: up to kSlowAnswer
  unsigned retries = 1000;                  // further tries, if the options allow more
};

struct http_answer {
  http_head head;
  std::string body;
  std::string url;  // that answered
};

class http_conversation {
 public:
  // `home`: whose `shown` messages begin with, and the only origin that gets what `auth` has, which may be nullptr.
  // `stop`: asked while there is nothing to do but wait. All but `home` must outlive this object.
  http_conversation(const http_options& options, remote_address home, request_auth* auth, const progress& stop)
      : options_(options), home_(std::move(home)), auth_(auth), stop_(stop) {}

  // The answer, whatever its status, unless it is a redirect, asks for credentials, or is worth another try. Fails when
  // there is no such answer within the tries and the time that the options allow, and for an answer that is too long.
  [[nodiscard]] tl::expected<http_answer, call_failure> ask(const http_call& call);
  // "SHOWN: WHAT"
  [[nodiscard]] call_failure failed(const std::string& what, bool is_unavailable = false) const;
  [[nodiscard]] const progress& stop() const noexcept { return stop_; }
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }  // that were sent

 private:
  struct attempt;
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t to, int from);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);
  [[nodiscard]] http_verdict send(const http_call& call, const remote_address& where, const request_access& access,
                                  http_answer& answer);
  void prepare(attempt& a, const remote_address& where, const std::string& token);
  [[nodiscard]] bool wait(std::chrono::milliseconds pause) const;
  [[nodiscard]] tl::expected<void, call_failure> pause_after(const http_verdict& v, unsigned tries, unsigned most,
                                                             std::chrono::steady_clock::time_point began);

  const http_options& options_;
  const remote_address home_;
  request_auth* auth_;
  const progress& stop_;
  curl_handle curl_;
  retry_pause pauses_;
  std::uint64_t requests_ = 0;
};

}  // namespace docteur
