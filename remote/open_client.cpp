// How a range_client begins: with the first bytes of the file, or with a version that is known.

#include <condition_variable>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "remote/http_access.hpp"
#include "remote/range_client.hpp"

namespace docteur {
namespace {

// Wants one range, the first.
class first_range final : public range_work {
 public:
  explicit first_range(std::vector<std::byte>& head) : head_(head) {}

  std::optional<byte_range> next() override {
    if (std::exchange(is_asked_, true)) return std::nullopt;
    return byte_range{0, head_.size()};
  }
  bool take(byte_range, std::uint64_t at, bytes piece) override {
    std::ranges::copy(piece, head_.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }
  void end(byte_range range, const std::optional<range_failure>& why) override {
    head_.resize(range.size);
    const std::lock_guard lock(guard_);
    why_ = why;
    is_over_ = true;
    over_.notify_all();
  }
  std::optional<range_failure> wait() {
    std::unique_lock lock(guard_);
    over_.wait(lock, [this] { return is_over_; });
    return why_;
  }

 private:
  std::vector<std::byte>& head_;
  bool is_asked_ = false;
  std::mutex guard_;  // of these
  std::condition_variable over_;
  std::optional<range_failure> why_;
  bool is_over_ = false;
};

}  // namespace

outcome<range_origin> origin_of_url(std::string_view url) {
  DOCTEUR_TRY(address, parse_http_url(url));
  range_origin origin;
  origin.address = std::move(address);
  return origin;
}

outcome<std::unique_ptr<range_client>> range_client::unpinned(range_origin origin, const http_options& options) {
  DOCTEUR_CHECK(check_http_options(options));
  DOCTEUR_CHECK(load_libcurl());
  std::unique_ptr<range_client> client(new range_client(std::move(origin), options));
  client->start();
  return client;
}

outcome<std::unique_ptr<range_client>> range_client::open(range_origin origin, const http_options& options,
                                                          std::vector<std::byte>& head) {
  DOCTEUR_TRY(client, unpinned(std::move(origin), options));
  first_range first(head);
  client->serve(&first);
  const auto why = first.wait();
  client->serve(nullptr);
  if (why) return give_up(blame::environment, why->text);
  return client;
}

outcome<std::unique_ptr<range_client>> range_client::pinned(range_origin origin, const http_options& options) {
  return unpinned(std::move(origin), options);
}

}  // namespace docteur
