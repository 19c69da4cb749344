#pragma once
// A device over HTTP(S): ranges of one version of a file on a server. Hosted.
//
// Reads are served from blocks of kBlock bytes, which a thread fetches: neighbours in one request, several requests in
// flight, and ahead of a reader that reads forward. Blocks stay in memory, up to a bound.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/image_device.hpp"
#include "host/read_ahead.hpp"
#include "remote/held_blocks.hpp"
#include "remote/range_client.hpp"

namespace docteur {

class http_device final : public image_device, private range_work {
 public:
  // Asks the server for the first bytes, and learns length and version from the answer. Fails with one line that begins
  // with the address, without credentials: blame::usage for a bad address, else blame::environment.
  [[nodiscard]] static outcome<std::unique_ptr<http_device>> open(std::string_view url, const http_options& options);
  // For a version that is known: `identity` as identity() returned it, of a file of `size` bytes. Sends nothing before
  // the first read. Fails with blame::usage also for an identity that does not have this form or size.
  [[nodiscard]] static outcome<std::unique_ptr<http_device>> pinned(std::string_view url, const http_options& options,
                                                                    std::uint64_t size, std::string_view identity);
  // For an origin whose version is known. Sends nothing before the first read.
  [[nodiscard]] static outcome<std::unique_ptr<http_device>> pinned(range_origin origin, const http_options& options);
  ~http_device() override;

  [[nodiscard]] std::uint64_t size() const noexcept { return client_->version().size; }  // bytes
  // Errors of read(): unavailable if the tries that `options` allow did not help; io if no other will. When the file
  // has changed on the server, each read of bytes that are not in memory fails with io for ever after.
  [[nodiscard]] device view() const noexcept override;
  // version_text().
  [[nodiscard]] std::string identity() const override { return version_text(client_->version()); }
  [[nodiscard]] std::string last_failure() const override { return client_->last_failure(); }
  [[nodiscard]] std::optional<oid> demanded_digest() const override { return client_->origin().demanded; }
  [[nodiscard]] transfer transferred() const noexcept override {
    return {client_->counters().requests, client_->counters().bytes};
  }
  [[nodiscard]] bool takes_advice() const noexcept override { return true; }
  // Takes at most 4 MiB of the range.
  void prefetch(std::uint64_t offset, std::uint64_t size) noexcept override;
  void stop_reading_ahead() noexcept override { reads_ahead_ = false; }
  [[nodiscard]] http_counters counters() const noexcept { return client_->counters(); }

 private:
  explicit http_device(std::unique_ptr<range_client> client);
  static result<done> read(void* self, std::uint64_t offset, mutable_bytes out) noexcept;
  result<done> read_part(std::uint64_t offset, mutable_bytes out);
  void want(std::uint64_t offset, std::uint64_t size);

  std::optional<byte_range> next() override;
  bool take(byte_range range, std::uint64_t at, bytes piece) override;
  void end(byte_range range, const std::optional<range_failure>& why) override;

  std::unique_ptr<range_client> client_;
  read_ahead ahead_;
  std::atomic<bool> reads_ahead_{true};
  std::mutex guard_;  // of all below
  std::condition_variable arrived_;
  held_blocks blocks_;
};

}  // namespace docteur
