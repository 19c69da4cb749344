#include "remote/http_conversation.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>

#include "base/printable.hpp"
#include "remote/http_access.hpp"

namespace docteur {
namespace {

using kind = http_verdict::kind;

constexpr unsigned kMostRedirects = 10;
constexpr std::chrono::milliseconds kTick{100};  // between looks at whether to stop

bool may_be_sent_again(const std::string& method, int status) {
  return method == "GET" || method == "HEAD" || status == 307 || status == 308;
}

}  // namespace

// One request in flight.
struct http_conversation::attempt {
  http_conversation& self;
  const http_call& call;
  http_answer& answer;
  std::uint64_t read = 0;  // bytes of the body that libcurl took
  std::uint64_t told = 0;  // bytes that call.sent was told of
  const char* broken = nullptr;
};

call_failure http_conversation::failed(const std::string& what, bool is_unavailable) const {
  return {is_unavailable, printable(home_.shown) + ": " + what};
}

std::size_t http_conversation::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& a = *static_cast<attempt*>(self);
  if (a.answer.head.add({data, size * count})) return size * count;
  a.broken = "the head of the answer has no end";
  return 0;
}

std::size_t http_conversation::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& a = *static_cast<attempt*>(self);
  const std::size_t n = size * count;
  if (n > a.call.most - a.answer.body.size()) {
    a.broken = "the answer is too long";
    return 0;
  }
  a.answer.body.append(data, n);
  return n;
}

std::size_t http_conversation::on_read(char* to, std::size_t size, std::size_t count, void* self) {
  auto& a = *static_cast<attempt*>(self);
  const std::size_t n = std::min(size * count, a.call.body.size() - static_cast<std::size_t>(a.read));
  std::memcpy(to, a.call.body.data() + a.read, n);
  a.read += n;
  return n;
}

// libcurl sends the body anew when a kept connection turns out to be closed; not one that is not to be tried again.
int http_conversation::on_seek(void* self, curl_off_t to, int from) {
  auto& a = *static_cast<attempt*>(self);
  if (a.call.retries == 0 || from != SEEK_SET || to < 0 || static_cast<std::uint64_t>(to) > a.call.body.size())
    return CURL_SEEKFUNC_FAIL;
  a.read = static_cast<std::uint64_t>(to);
  return CURL_SEEKFUNC_OK;
}

int http_conversation::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& a = *static_cast<attempt*>(self);
  const auto now = static_cast<std::uint64_t>(sent);
  if (now > a.told && a.call.sent) a.call.sent(now - a.told);
  a.told = std::max(a.told, now);
  return a.self.stop_.cancelled() ? 1 : 0;
}

void http_conversation::prepare(attempt& a, const remote_address& where, const std::string& token) {
  curl_.begin(where, options_, token, this);
  if (a.call.is_slow)
    curl_.set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max(options_.stall_timeout, kSlowAnswer).count()));
  curl_.add_field("Accept-Encoding: identity");
  curl_.add_field("Expect:");
  for (const std::string& line : a.call.fields) curl_.add_field(line);
  if (a.call.method == "HEAD") {
    curl_.set(CURLOPT_NOBODY, 1L);
  } else if (a.call.method != "GET") {
    curl_.set(CURLOPT_UPLOAD, 1L);
    curl_.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(a.call.body.size()));
    curl_.set(CURLOPT_READFUNCTION, on_read);
    curl_.set(CURLOPT_READDATA, &a);
    curl_.set(CURLOPT_SEEKFUNCTION, on_seek);
    curl_.set(CURLOPT_SEEKDATA, &a);
    curl_.set(CURLOPT_CUSTOMREQUEST, a.call.method.c_str());
  }
  curl_.set(CURLOPT_HEADERFUNCTION, on_header);
  curl_.set(CURLOPT_HEADERDATA, &a);
  curl_.set(CURLOPT_WRITEFUNCTION, on_body);
  curl_.set(CURLOPT_WRITEDATA, &a);
  curl_.set(CURLOPT_NOPROGRESS, 0L);
  curl_.set(CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_.set(CURLOPT_XFERINFODATA, &a);
}

http_verdict http_conversation::send(const http_call& call, const remote_address& where, const request_access& access,
                                     http_answer& answer) {
  answer = {};
  answer.url = where.url;
  attempt a{*this, call, answer};
  prepare(a, where, access.token);
  ++requests_;
  const CURLcode code = curl().easy_perform(curl_.get());
  http_verdict v;
  if (a.broken != nullptr) {
    v.text = a.broken;
    return v;
  }
  v.status = answer.head.status;
  // A server may answer and close while the body is still being sent.
  if (code != CURLE_OK && (v.status < 400 || code == CURLE_ABORTED_BY_CALLBACK)) return curl_.failed(code);
  if (is_redirect(v.status)) {
    v.is = kind::redirect;
    return v;
  }
  if (!is_worth_another_try(v.status)) {
    v.is = kind::good;
    return v;
  }
  v.is = kind::retry;
  v.text = status_text(v.status);
  if (answer.head.retry_after) v.pause = parse_retry_after(*answer.head.retry_after, std::time(nullptr));
  return v;
}

bool http_conversation::wait(std::chrono::milliseconds pause) const {
  for (; pause.count() > 0 && !stop_.cancelled(); pause -= kTick) std::this_thread::sleep_for(std::min(pause, kTick));
  return !stop_.cancelled();
}

tl::expected<void, call_failure> http_conversation::pause_after(const http_verdict& v, unsigned tries, unsigned most,
                                                                std::chrono::steady_clock::time_point began) {
  auto pause = pauses_.before(tries, options_);
  if (v.pause) pause = std::max<std::chrono::milliseconds>(pause, *v.pause);
  if (v.pause && *v.pause > options_.longest_pause)
    return tl::unexpected(failed(v.text + ", and to come back in " + std::to_string(v.pause->count()) + " s", true));
  if (tries >= most || std::chrono::steady_clock::now() + pause - began > options_.patience)
    return tl::unexpected(failed(v.text, true));
  if (!wait(pause)) return tl::unexpected(failed("interrupted", true));
  return {};
}

tl::expected<http_answer, call_failure> http_conversation::ask(const http_call& call) {
  const auto began = std::chrono::steady_clock::now();
  remote_address where = call.where;
  unsigned tries = 0, redirects = 0, renewals = 0;
  http_answer answer;
  while (true) {
    const bool is_home = is_same_origin(where, home_);
    const request_access access = auth_ != nullptr && is_home ? auth_->current() : request_access{};
    const http_verdict v = send(call, with_access(where, access), access, answer);
    if (stop_.cancelled()) return tl::unexpected(failed("interrupted", true));
    if (v.is == kind::redirect && may_be_sent_again(call.method, v.status)) {
      if (++redirects > kMostRedirects) return tl::unexpected(failed("too many redirects"));
      auto to = redirected(where, call.where, curl_.location());
      if (!to) return tl::unexpected(call_failure{false, to.error().message});
      where = std::move(*to);
    } else if (v.is == kind::good && v.status == 401 && auth_ != nullptr && is_home && renewals < kMostRenewals) {
      ++renewals;
      const auto renewed = auth_->renew(access, answer.head.challenges, stop_);
      if (!renewed) return tl::unexpected(failed(renewed.error().text, renewed.error().is_unavailable));
    } else if (v.is == kind::good || v.is == kind::redirect) {
      return answer;
    } else if (v.is == kind::retry) {
      const unsigned most =
          std::min(v.is_unreachable ? std::min(options_.retries, 1u) : options_.retries, call.retries);
      if (const auto waited = pause_after(v, tries++, most, began); !waited) return tl::unexpected(waited.error());
      where = call.where;
    } else {
      return tl::unexpected(failed(v.text));
    }
  }
}

}  // namespace docteur
