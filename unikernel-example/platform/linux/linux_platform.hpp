#pragma once
// The platform of an ordinary Linux process: event loops, sockets, files.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/block_list.hpp"
#include "host/recorded_image.hpp"
#include "remote/open_image_device.hpp"
#include "unikernel-example/platform/linux/access_log.hpp"
#include "unikernel-example/platform/linux/console.hpp"
#include "unikernel-example/platform/linux/event_loop.hpp"
#include "unikernel-example/platform/linux/gzip_coder.hpp"
#include "unikernel-example/platform/linux/waiting_disk.hpp"
#include "unikernel-example/platform/linux/zstd_coder.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::on_linux {

struct platform_options {
  std::vector<std::string> images;  // files, block devices or URLs, which become the disks "0", "1", ...
  remote_options remote;            // how those on servers are read
  std::size_t threads = 1;          // loops, > 0
  bool console = false;             // use standard input as a console
  log_place access_log;
  line_format access_format = line_format::combined;
  unsigned socket_mode = 0666;  // of sockets in the file system
  proxy_peers proxies;
  bool http2 = true;     // connections may speak HTTP/2
  bool records = false;  // remember which blocks of the first image are read
};

class linux_platform final : public platform, private process_duties {
 public:
  // Opens all images. Errors: environment; usage for a bad URL.
  [[nodiscard]] static outcome<std::unique_ptr<linux_platform>> make(platform_options options);
  linux_platform(const linux_platform&) = delete;
  linux_platform& operator=(const linux_platform&) = delete;
  ~linux_platform() override;

  std::string_view name() const override { return "linux"; }
  std::uint64_t monotonic_ns() const override;
  std::optional<std::int64_t> wall_clock() const override;
  // Lines that begin with "docteur-cache: " go to standard error, all others to standard output.
  void console_write(std::string_view text) override;
  // The list of the blocks of the first image that were read since it was opened (doc/CACHE.md), with `records`.
  // Fails as describe() says if there was no image when it was opened.
  [[nodiscard]] outcome<std::string> recorded() const;
  // The errno value of the latest failed write to standard output; 0: none failed.
  [[nodiscard]] int output_error() const noexcept { return output_error_; }
  bool console_has_room() const override;
  std::size_t console_read(std::span<char> into) override;
  std::vector<disk> disks() override;
  void wait_for_disks(bool waits) override;
  bool has_ticket() const override;
  std::uint64_t take_ticket() override;
  std::function<void()> promise() override;
  memory_use memory() const override;
  docteur::memory heap() noexcept override;
  std::string network_status() const override;
  outcome<std::string> listen(std::string_view address, std::uint16_t port,
                              std::span<service* const> services) override;
  connection_limit most_connections() const override;
  request_log* requests() override { return log_.get(); }
  std::size_t loops() const override { return group_->loops.size(); }
  void tell(progress p) override;
  void on_each_loop(const std::function<void(std::size_t)>& task) override;
  void aside(std::function<void()> task, std::function<void()> then) override;
  bool can_gzip() const override { return true; }
  std::size_t gzip(bytes content, mutable_bytes out) const override { return gzip_of(content, out); }
  bool can_zstd() const override { return true; }
  std::size_t zstd(bytes content, bytes dictionary, mutable_bytes out) const override {
    return zstd_of(content, dictionary, out);
  }
  ending run(application& app) override;
  void stop(ending how) override;

 private:
  struct opened_disk {
    explicit opened_disk(const std::optional<oid>& digest) : named_digest(digest) {}
    std::optional<waiting_disk> disk;
    std::optional<oid> named_digest;
    std::shared_ptr<recorded_image> reads;     // below `disk`, if it is the first one and options_.records
    result<listed_image> of = listed_image{};  // the content of `reads`
  };
  struct image_file {
    std::string name;
    std::shared_ptr<opened_disk> disk;
    std::string fault;  // why it could not be opened again
  };
  explicit linux_platform(platform_options options);
  [[nodiscard]] outcome<std::shared_ptr<opened_disk>> open_image(const std::string& path, bool is_first) const;
  [[nodiscard]] event_loop& first() const noexcept { return *group_->loops.front(); }
  void look_at_console();
  void woken(application& app) override;
  void console_event() override { console_is_ready_ = true; }
  bool wants_turn() const override { return console_is_ready_; }
  bool serve_console(application& app) override;
  void tick() override;
  void begin_drain(application& app);
  void wake_all();
  void begin_aside();
  void end_aside();
  void wait_for_asides(ending how);

  const platform_options options_;
  std::unique_ptr<access_log> log_;
  std::shared_ptr<loop_group> group_ = std::make_shared<loop_group>();
  console console_;
  bool console_is_ready_ = false;
  bool drains_ = false;
  std::atomic<int> output_error_{0};  // of standard output, an errno value
  std::optional<ending> how_;
  std::uint64_t descriptors_ = 0;  // limit of this process
  std::uint64_t total_memory_ = 0;
  std::mutex asides_guard_;
  std::condition_variable asides_ended_;
  std::size_t asides_ = 0;           // tasks of aside() that run
  mutable std::mutex images_guard_;  // of these
  bool opens_again_ = false;         // make() opened the images; once the process serves, others may be there
  std::vector<image_file> images_;
};

}  // namespace docteur::cache_vm::on_linux
