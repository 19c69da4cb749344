#include "remote/range_client.hpp"

#include <algorithm>
#include <new>

#include "base/printable.hpp"
#include "base/signals.hpp"
#include "remote/http_access.hpp"

namespace docteur {
namespace {

using kind = http_verdict::kind;

constexpr unsigned kMostRedirects = 10;       // for one range
constexpr std::uint64_t kProgress = 4 << 10;  // bytes: a request that brings fewer counts as one that brought nothing
constexpr int kLongWait = 60'000;             // ms

class stop_flag final : public progress {
 public:
  explicit stop_flag(const std::atomic<bool>& flag) : flag_(flag) {}
  [[nodiscard]] bool cancelled() const override { return flag_; }

 private:
  const std::atomic<bool>& flag_;
};

bool may_be_stale_redirect(int status) { return status == 401 || status == 403 || status == 404 || status == 410; }

}  // namespace

range_client::range_client(range_origin origin, const http_options& options)
    : options_(options), origin_(std::move(origin)), version_(origin_.version), where_(origin_.address) {}

range_client::~range_client() {
  stop_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
  if (multi_ != nullptr) {
    drop_jobs();
    requests_.clear();
    curl().multi_cleanup(multi_);
  }
}

void range_client::start() {
  for (unsigned i = 0; i < options_.connections; ++i) {
    requests_.push_back(std::make_unique<http_request>());
    free_.push_back(requests_.back().get());
  }
  multi_ = curl().multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl().multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_.connections));
  curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.connections));
  const signals_blocked block;
  thread_ = std::thread([this] { run(); });
}

void range_client::serve(range_work* work) {
  {
    const std::lock_guard lock(working_);
    work_ = work;
    work_changed_ = true;
  }
  wake();
}

void range_client::wake() noexcept {
  if (multi_ != nullptr) curl().multi_wakeup(multi_);
}

http_counters range_client::counters() const noexcept { return {requests_sent_, bytes_, retries_}; }

std::string range_client::last_failure() const {
  const std::lock_guard lock(guard_);
  return last_failure_;
}

void range_client::note(std::string text) {
  const std::lock_guard lock(guard_);
  last_failure_ = std::move(text);
}

void range_client::run() {
  while (step()) curl().multi_poll(multi_, nullptr, 0, wait_ms(), nullptr);
}

bool range_client::step() {
  const std::lock_guard lock(working_);
  if (stop_) return false;
  if (std::exchange(work_changed_, false)) drop_jobs();
  int running = 0;
  curl().multi_perform(multi_, &running);
  int left = 0;
  while (const CURLMsg* m = curl().multi_info_read(multi_, &left)) {
    if (m->msg != CURLMSG_DONE) continue;
    const CURLcode code = m->data.result;
    http_request* request = nullptr;
    curl().easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &request);
    finish(*request, code);
  }
  const auto now = clock::now();
  for (job& j : jobs_)
    if (j.request == nullptr && j.not_before <= now) send(j);
  take_new();
  return true;  // libcurl has a timer for each new request, so waiting ends at once
}

int range_client::wait_ms() const {
  auto until = clock::now() + std::chrono::milliseconds(kLongWait);
  for (const job& j : jobs_)
    if (j.request == nullptr) until = std::min(until, j.not_before);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kLongWait));
}

void range_client::take_new() {
  while (work_ != nullptr && jobs_.size() < options_.connections) {
    const auto range = work_->next();
    if (!range) return;
    jobs_.push_back({*range});
    if (version_ && !no_parts_) jobs_.back().parts = work_->parts(*range);
    if (moved_on_.empty()) {
      send(jobs_.back());
    } else {
      give_up_on(std::prev(jobs_.end()), errc::io, moved_on_);
    }
  }
}

request_access range_client::access_for(const remote_address& where) const {
  request_access access;
  if (!is_same_origin(where, origin_.address)) return access;
  if (origin_.auth) return origin_.auth->current();
  if (options_.token_file.empty()) return access;
  // Read each time: tokens are replaced while programs run. One that cannot be read now is missed by the server.
  if (auto read = read_token(options_.token_file)) access.token = std::move(*read);
  return access;
}

// What is left of the parts; none where one range is asked for. Only the first try is for several, since what is
// between client and server may not know them.
std::vector<byte_range> range_client::parts_to_ask(const job& j) const {
  std::vector<byte_range> left;
  if (no_parts_ || j.tries > 0) return left;
  const std::uint64_t from = j.range.offset + j.done;
  for (const byte_range& p : j.parts) {
    const std::uint64_t begin = std::max(p.offset, from);
    if (begin < p.offset + p.size) left.push_back({begin, p.offset + p.size - begin});
  }
  return left;
}

void range_client::send(job& j) {
  j.request = free_.back();
  free_.pop_back();
  j.sent_to = where_;
  j.sent_with = access_for(where_);
  std::vector<byte_range> parts = parts_to_ask(j);
  if (!parts.empty()) j.done = parts.front().offset - j.range.offset;
  j.in_parts = parts.size() > 1;
  j.done_before = j.done;
  const byte_range rest{j.range.offset + j.done, j.range.size - j.done};
  const bool may_be_whole = j.is_whole || (!has_sent_range_ && work_->takes_whole());
  j.request->prepare(with_access(where_, j.sent_with), options_, j.sent_with.token,
                     {rest, std::move(parts), may_be_whole}, version_,
                     [this, &j](std::uint64_t at, bytes piece) { return take(j, at, piece); });
  ++requests_sent_;
  curl().multi_add_handle(multi_, j.request->handle());
}

http_request::after range_client::take(job& j, std::uint64_t at, bytes piece) {
  if (!version_) version_ = j.request->version();
  if (j.request->is_whole()) {
    j.is_whole = sends_whole_files_ = true;
    j.range = {0, version_->size};
    // A request that was cut off is repeated from the start.
    const std::size_t known = std::min<std::uint64_t>(j.done - std::min(j.done, at), piece.size());
    at += known;
    piece = piece.subspan(known);
    if (piece.empty()) return http_request::after::more;
  } else {
    has_sent_range_ = true;
  }
  j.range.size = work_->wanted(j.range);
  const std::uint64_t end = j.range.offset + j.range.size;
  const bytes wanted = piece.first(std::min<std::uint64_t>(piece.size(), end - std::min(at, end)));
  bytes_ += wanted.size();  // before anyone can see them
  if (!wanted.empty() && !work_->take(j.range, at, wanted)) {
    bytes_ -= wanted.size();
    return http_request::after::failed;
  }
  if (!wanted.empty()) j.done = at + wanted.size() - j.range.offset;
  return wanted.size() < piece.size() ? http_request::after::enough : http_request::after::more;
}

void range_client::release(job& j) {
  if (j.request == nullptr) return;
  curl().multi_remove_handle(multi_, j.request->handle());
  free_.push_back(std::exchange(j.request, nullptr));
}

void range_client::drop_jobs() {
  for (job& j : jobs_) release(j);
  jobs_.clear();
}

void range_client::finish(http_request& request, CURLcode code) {
  const auto j = std::ranges::find(jobs_, &request, &job::request);
  const http_verdict verdict = request.result(code);
  const std::string location = verdict.is == kind::redirect ? request.location() : "";
  const bool is_progress =
      std::min(request.received(), j->done - j->done_before) >= kProgress || j->done == j->range.size;
  release(*j);
  if (is_progress) {
    j->tries = 0;
    j->renewals = 0;
    j->failing_since = {};
  }
  if (verdict.is == kind::redirect) return follow(j, location);
  if (verdict.is == kind::good) return take_part(j, is_progress);
  if (verdict.status == 401 && renew(j, request.challenges())) return;
  settle(j, verdict);
}

// All that the server promised came. It may have promised less than was asked for.
void range_client::take_part(jobs::iterator j, bool is_progress) {
  j->range.size = std::min(j->range.size, version_->size - j->range.offset);
  if (j->done == j->range.size) {
    work_->end(j->range, std::nullopt);
    jobs_.erase(j);
  } else if (is_progress) {
    send(*j);
  } else {
    http_verdict v;
    v.text = "the server sends ranges in tiny parts";
    try_again(j, v);
  }
}

void range_client::settle(jobs::iterator j, const http_verdict& v) {
  const std::string text = printable(origin_.address.shown) + ": " + v.text;
  if (v.is == kind::refused && j->in_parts) {
    no_parts_ = true;
    note(text);
    return send(*j);
  }
  if (v.is == kind::refused && v.status == 200) sends_whole_files_ = true;
  switch (v.is) {
    case kind::moved_on: moved_on_ = text; return give_up_on(j, errc::io, text);
    case kind::retry: return try_again(j, v);
    default:
      if (go_back(*j, v)) return send(*j);
      return give_up_on(j, errc::io, text);
  }
}

void range_client::follow(jobs::iterator j, const std::string& location) {
  if (++j->redirects > kMostRedirects)
    return give_up_on(j, errc::io, printable(origin_.address.shown) + ": too many redirects");
  auto to = redirected(j->sent_to, origin_.address, location);
  if (!to) return give_up_on(j, errc::io, to.error().message);
  where_ = std::move(*to);
  send(*j);
}

// An address that a redirect led to may be good for a while only. Asks once more where it came from.
bool range_client::go_back(job& j, const http_verdict& v) {
  if (j.sent_to.url == origin_.address.url || j.went_back || !may_be_stale_redirect(v.status)) return false;
  j.went_back = true;
  j.redirects = 0;
  where_ = origin_.address;
  return true;
}

// The origin refuses what was sent: gets other credentials and asks again, or gives up on the job. False: it is not for
// this to say. Meanwhile nothing is read from other requests; they wait in the system's buffers.
bool range_client::renew(jobs::iterator j, const std::vector<std::string>& challenges) {
  if (!origin_.auth || !is_same_origin(j->sent_to, origin_.address) || j->renewals == kMostRenewals) return false;
  ++j->renewals;
  const stop_flag stop(stop_);
  if (const auto renewed = origin_.auth->renew(j->sent_with, challenges, stop)) {
    where_ = origin_.address;
    send(*j);
  } else {
    const call_failure& why = renewed.error();
    give_up_on(j, why.is_unavailable ? errc::unavailable : errc::io,
               printable(origin_.address.shown) + ": " + why.text);
  }
  return true;
}

void range_client::try_again(jobs::iterator j, const http_verdict& v) {
  // It may have failed behind the last byte that is still wanted.
  j->range.size = work_->wanted(j->range);
  if (j->done > 0 && j->done == j->range.size) return take_part(j, true);
  const std::string text = printable(origin_.address.shown) + ": " + v.text;
  const auto now = clock::now();
  if (j->failing_since == clock::time_point{}) j->failing_since = now;
  // A wrong address is told at once.
  unsigned most = !version_ && v.is_unreachable ? std::min(options_.retries, 1u) : options_.retries;
  if (!version_ && options_.may_be_absent) most = 0;
  clock::duration pause = pauses_.before(j->tries, options_);
  if (v.pause) pause = std::max<clock::duration>(pause, *v.pause);
  if (v.pause && *v.pause > options_.longest_pause)
    return give_up_on(j, errc::unavailable, text + ", and to come back in " + std::to_string(v.pause->count()) + " s");
  if (j->tries >= most || now + pause - j->failing_since > options_.patience)
    return give_up_on(j, errc::unavailable, text);
  note(text);
  ++j->tries;
  ++retries_;
  j->not_before = now + pause;
}

void range_client::give_up_on(jobs::iterator j, errc code, const std::string& text) {
  note(text);
  work_->end(j->range, range_failure{code, text});
  jobs_.erase(j);
}

}  // namespace docteur
