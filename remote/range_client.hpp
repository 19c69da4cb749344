#pragma once
// Gets ranges of one version of one file by HTTP: a thread with several requests in flight, tried again where that may
// help. Hosted.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "remote/http_request.hpp"
#include "remote/range_origin.hpp"
#include "remote/range_work.hpp"
#include "remote/retry_pause.hpp"

namespace docteur {

struct http_counters {
  std::uint64_t requests = 0;  // sent, with those that failed
  std::uint64_t bytes = 0;     // of bodies that were used
  std::uint64_t retries = 0;   // requests that repeated one
};

class range_client {
 public:
  // Asks for the first `head.size()` bytes of the file and takes its version from the answer, unless the origin has it;
  // shortens `head` to the file if that is smaller. Follows redirects. Fails with blame::usage for bad options, else
  // with blame::environment; the message begins with the address, without credentials.
  [[nodiscard]] static outcome<std::unique_ptr<range_client>> open(range_origin origin, const http_options& options,
                                                                   std::vector<std::byte>& head);
  // Takes the version from the first answer that what it then serves gets, unless the origin has it; until its first
  // take() that must ask for one range only. Sends nothing before. Fails with blame::usage for bad options.
  [[nodiscard]] static outcome<std::unique_ptr<range_client>> unpinned(range_origin origin,
                                                                       const http_options& options);
  // The same for an origin whose version is known already.
  [[nodiscard]] static outcome<std::unique_ptr<range_client>> pinned(range_origin origin, const http_options& options);
  ~range_client();  // ends all requests
  range_client(const range_client&) = delete;
  range_client& operator=(const range_client&) = delete;

  // From now on works for `work`, which must outlive the client or be replaced by nullptr first. Waits until calls of
  // the last one have returned; its requests are given up without a call of end().
  void serve(range_work* work);
  // There may be a next range.
  void wake() noexcept;

  [[nodiscard]] const image_version& version() const noexcept { return *version_; }
  [[nodiscard]] const std::string& shown() const noexcept { return origin_.address.shown; }  // not yet printable()
  [[nodiscard]] const range_origin& origin() const noexcept { return origin_; }
  [[nodiscard]] http_counters counters() const noexcept;
  // False once the server, asked for several ranges, sent something else: each request is for one range from then on.
  [[nodiscard]] bool may_send_parts() const noexcept { return !no_parts_; }
  // True once the server, asked for a range, sent the whole file.
  [[nodiscard]] bool sends_whole_files() const noexcept { return sends_whole_files_; }
  // The last thing that went wrong, also if another try helped; empty: nothing so far.
  [[nodiscard]] std::string last_failure() const;

 private:
  using clock = std::chrono::steady_clock;
  struct job {
    byte_range range;
    std::vector<byte_range> parts{};  // of `range`, that are needed; empty: all of it
    std::uint64_t done = 0;           // bytes from its start that are taken, or not needed
    std::uint64_t done_before = 0;    // when the request was sent
    http_request* request = nullptr;  // in flight
    unsigned tries = 0;               // that brought nothing, since the last that brought bytes
    unsigned redirects = 0;
    unsigned renewals = 0;  // of credentials, since the last that brought bytes
    remote_address sent_to{};
    request_access sent_with{};
    bool went_back = false;  // asks at the origin again
    bool in_parts = false;   // the request is for several ranges
    bool is_whole = false;   // the range is the file: the server sends nothing else
    clock::time_point not_before{};
    clock::time_point failing_since{};
  };
  using jobs = std::list<job>;

  range_client(range_origin origin, const http_options& options);
  void start();
  void run();
  bool step();  // false: the end
  void take_new();
  [[nodiscard]] request_access access_for(const remote_address& where) const;
  void send(job& j);
  [[nodiscard]] http_request::after take(job& j, std::uint64_t at, bytes piece);
  [[nodiscard]] std::vector<byte_range> parts_to_ask(const job& j) const;
  void finish(http_request& request, CURLcode code);
  void take_part(jobs::iterator j, bool is_progress);
  void settle(jobs::iterator j, const http_verdict& verdict);
  void follow(jobs::iterator j, const std::string& location);
  bool go_back(job& j, const http_verdict& verdict);
  bool renew(jobs::iterator j, const std::vector<std::string>& challenges);
  void try_again(jobs::iterator j, const http_verdict& verdict);
  void give_up_on(jobs::iterator j, errc code, const std::string& text);
  void release(job& j);
  void drop_jobs();
  void note(std::string text);
  [[nodiscard]] int wait_ms() const;  // until a pause ends, at most a minute

  const http_options options_;
  const range_origin origin_;
  std::optional<image_version> version_;  // written once, by the thread, before the first end()

  // Of the thread only.
  remote_address where_;         // where the last redirect led
  std::string moved_on_;         // once the file is another one
  bool has_sent_range_ = false;  // the server
  jobs jobs_;
  std::vector<std::unique_ptr<http_request>> requests_;  // all, free or in flight
  std::vector<http_request*> free_;
  retry_pause pauses_;
  CURLM* multi_ = nullptr;

  std::mutex working_;  // of these two; the thread holds it all the time but while it waits
  range_work* work_ = nullptr;
  bool work_changed_ = false;
  mutable std::mutex guard_;  // of last_failure_
  std::string last_failure_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> no_parts_{false};
  std::atomic<bool> sends_whole_files_{false};
  std::atomic<std::uint64_t> requests_sent_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> retries_{0};
  std::thread thread_;
};

}  // namespace docteur
