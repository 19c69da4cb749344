#pragma once
// The application: the mounted image, its servers, one for each loop, the console's shell, and background work. What is
// not about one loop happens on loop 0.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/image_digests.hpp"
#include "unikernel-example/application/event_log.hpp"
#include "unikernel-example/application/http_server.hpp"
#include "unikernel-example/application/options.hpp"
#include "unikernel-example/application/prefetch.hpp"
#include "unikernel-example/application/shell_session.hpp"

namespace docteur::cache_vm {

class cache_machine final : public application {
 public:
  cache_machine(cache_vm::platform& platform, cache_options options);
  cache_machine(const cache_machine&) = delete;
  cache_machine& operator=(const cache_machine&) = delete;
  ~cache_machine() override;

  // Attaches the image on the disk named `disk` ("": the first disk), then replaces the mounted image, and logs that.
  // On failure the mounted image stays. Errors: environment when the disk is absent or fails, or memory is short; input
  // when the image is bad.
  [[nodiscard]] outcome<void> mount(std::string_view disk);
  // The same, but opening and attaching delay no loop, if the platform can do that. Then calls `then`, which must not
  // throw, on loop 0.
  using after_mount = std::function<void(outcome<void>)>;
  void mount_aside(std::string disk, after_mount then);
  // Adds to an error what is still served.
  [[nodiscard]] failure with_rest(failure why);
  void unmount();
  void start_prefetch();
  [[nodiscard]] outcome<void> open_ports();
  // Prints a file on the console.
  [[nodiscard]] outcome<void> show(std::string_view path);

  void console_ready() override;
  void tick(std::size_t loop) override;
  [[nodiscard]] bool work(std::size_t loop) override;
  void arrived(std::size_t loop, std::uint64_t ticket) override;
  void reload() override;
  [[nodiscard]] std::uint64_t drain_time() const override;
  void drain(std::size_t loop) override;
  void all_drain() override;
  [[nodiscard]] bool is_drained(std::size_t loop) const override { return servers_[loop]->counts().active == 0; }

  [[nodiscard]] cache_vm::platform& platform() noexcept { return platform_; }
  // The server of a loop. What is mounted on it may be used on that loop only.
  [[nodiscard]] http_server& http(std::size_t loop = 0) noexcept { return *servers_[loop]; }
  // The sums of all servers' counters, those of `loop` as they are now. Loop `loop` only.
  void sum_counts(std::size_t loop, metrics& sum);
  [[nodiscard]] std::uint64_t started_ns() const noexcept { return started_ns_; }  // monotonic
  // Forgets all content and what is known about objects.
  void flush();
  [[nodiscard]] event_log& log() noexcept { return log_; }
  [[nodiscard]] const cache_options& options() const noexcept { return options_; }
  [[nodiscard]] const prefetcher& prefetch() const noexcept { return prefetch_; }
  // What sessions of the shell waited for is there: a ticket, or shell_session::kAside.
  void tell_shells(std::uint64_t ticket);

 private:
  [[nodiscard]] bool print_on_console();
  [[nodiscard]] outcome<std::shared_ptr<mounted_image>> attach(std::string_view disk_name) const;
  [[nodiscard]] outcome<std::optional<image_digests>> load_digests(const disk& d) const;
  [[nodiscard]] outcome<void> serve(std::shared_ptr<mounted_image> m);
  // One site for each loop, or nullptr for each.
  void replace(std::vector<std::shared_ptr<site>> sites);
  [[nodiscard]] outcome<std::string> disk_to_remount();
  void finish_reload(outcome<void> served);

  cache_vm::platform& platform_;
  cache_options options_;
  event_log log_;
  const std::uint64_t started_ns_;
  server_group group_;
  std::vector<std::unique_ptr<http_server>> servers_;
  enum class reloading { no, yes, again };
  reloading reloading_ = reloading::no;
  prefetcher prefetch_;
  shell_service shell_;
  std::unique_ptr<shell_session> console_;
};

}  // namespace docteur::cache_vm
