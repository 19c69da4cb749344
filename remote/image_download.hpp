#pragma once
// A whole image from a server, or another file, by several ranges at once. Hosted.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "object/device.hpp"
#include "object/progress.hpp"
#include "remote/block_hashes.hpp"
#include "remote/partial_file.hpp"
#include "remote/range_client.hpp"

namespace docteur {

class image_download final : private range_work {
 public:
  // Fails with blame::input unless `head`, the first 4 KiB of a file of `size` bytes, or all of it, begins what is
  // wanted. Called from the client's thread.
  using head_check = std::function<outcome<void>(bytes head, std::uint64_t size)>;

  // `name`: a URL (http://, https://), or of an image in a registry (oci://). Asks the server for the first bytes,
  // checks that they begin an image, and opens the partial file of `target`; nullopt: an unnamed one. Where there is
  // nothing to go on with, the first request is already for a part of the image, and from then on bytes arrive. A
  // server that knows no ranges is asked for all of it once, and what there is to go on with is fetched again. Fails
  // as find_registry_image(), range_client::open() and partial_file::open() do, and with blame::input if it is no
  // image. `stop`: asked while the registry is.
  [[nodiscard]] static outcome<std::unique_ptr<image_download>> open(const std::string& name,
                                                                     const http_options& options,
                                                                     const std::optional<std::filesystem::path>& target,
                                                                     const progress& stop);
  // The same with a client of connect(), which nothing else uses any more. `head`: what it has fetched already of the
  // first 4 KiB; if it is all of them, they are not asked for again.
  [[nodiscard]] static outcome<std::unique_ptr<image_download>> open(std::unique_ptr<range_client> client,
                                                                     const http_options& options,
                                                                     const std::optional<std::filesystem::path>& target,
                                                                     bytes head = {});
  // Any file, which `check` decides about; wait_for_head() says whether it was found.
  [[nodiscard]] static std::unique_ptr<image_download> start(std::unique_ptr<range_client> client,
                                                             const http_options& options,
                                                             const std::filesystem::path& target, head_check check);
  // A client that has not asked for anything of the image yet.
  [[nodiscard]] static outcome<std::unique_ptr<range_client>> connect(const std::string& name,
                                                                      const http_options& options,
                                                                      const progress& stop);
  ~image_download() override;

  // Returns when the partial file is open, or fails as open() does.
  [[nodiscard]] outcome<void> wait_for_head();
  // The image while it comes, as a device, once wait_for_head() has returned; valid as long as this object. A read
  // waits until its bytes are here. It fails with errc::unavailable if run() has ended without them. Asks for the
  // end of a large image first, because readers need sections and IDX before the rest.
  [[nodiscard]] device arriving() noexcept;
  // Hashes each block when it is here, with what was here before, for compare(). To be called before run().
  void hash_blocks();
  // Gets what is missing. Fails (blame::environment) when a range does not come, the file cannot be written, or
  // `report` says to stop; what came is kept. An image from a registry is then compared with its digest, and removed
  // with blame::input if it is another.
  [[nodiscard]] outcome<void> run(progress& report);
  // After hash_blocks() and run(): fails as block_hashes::compare() does, and with blame::input if blocks differ. These
  // count as missing then, unless all is of another image: then nothing is kept.
  [[nodiscard]] outcome<void> compare(const oid& pin, const std::string& shown, const progress& report);

  [[nodiscard]] partial_file& file() noexcept { return *file_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return client_->version().size; }
  [[nodiscard]] std::uint64_t resumed_bytes() const noexcept { return resumed_; }  // there when it was opened
  [[nodiscard]] std::string identity() const { return version_text(client_->version()); }
  // As image_device::demanded_digest().
  [[nodiscard]] const std::optional<oid>& demanded_digest() const noexcept { return client_->origin().demanded; }
  [[nodiscard]] http_counters counters() const noexcept { return client_->counters(); }
  [[nodiscard]] std::string last_failure() const { return client_->last_failure(); }

 private:
  image_download(std::unique_ptr<range_client> client, const http_options& options,
                 const std::optional<std::filesystem::path>& target, head_check check);
  outcome<void> begin(byte_range range, std::uint64_t at, bytes piece);
  outcome<void> keep(std::uint64_t begin, std::uint64_t at, bytes piece);
  void plan_end();
  outcome<void> fetch(progress& report);
  outcome<void> wait(progress& report);
  outcome<void> compare(progress& report);
  result<done> read(std::uint64_t offset, mutable_bytes out) noexcept;
  std::optional<std::multiset<std::uint64_t>::iterator> await(std::uint64_t block) noexcept;
  std::optional<byte_range> next() override;
  [[nodiscard]] bool takes_whole() const override { return true; }
  bool take(byte_range range, std::uint64_t at, bytes piece) override;
  [[nodiscard]] std::uint64_t wanted(byte_range range) const override;
  [[nodiscard]] bool split_first();
  void end(byte_range range, const std::optional<range_failure>& why) override;

  std::unique_ptr<range_client> client_;
  const unsigned connections_;
  const std::optional<std::filesystem::path> target_;
  const head_check check_;
  std::uint64_t first_ = 0;  // bytes of the first request

  // Of the client's thread; of others once is_begun_.
  std::vector<std::byte> head_;
  bool is_asked_ = false;
  std::atomic<bool> wants_end_{false};  // set by any thread
  std::optional<partial_file> file_;
  std::uint64_t resumed_ = 0;
  std::uint64_t blocks_at_once_ = 1;
  std::deque<block_run> plan_;  // blocks that are not asked for yet, or are here
  // Of a first request for what is missing: what is left of it to come, and when its first bytes came.
  byte_range first_left_{0, 0};
  std::chrono::steady_clock::time_point first_began_{};

  std::mutex guard_;  // of these
  std::condition_variable changed_;
  bool is_begun_ = false;
  bool is_over_ = false;                  // run() has ended
  std::multiset<std::uint64_t> awaited_;  // blocks
  progress* report_ = nullptr;
  std::optional<block_hashes> hashes_;
  std::uint64_t left_ = 0;  // bytes
  std::uint64_t unsynced_ = 0;
  std::optional<failure> why_;
};

}  // namespace docteur
