#pragma once
// The application: the mounted images, their servers, one for each loop, the console's shell, and background work. What
// is not about one loop happens on loop 0.
//
// Each site has an image and a number, its place: site 0 is that of all hosts that no other site is named for.

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

  // Attaches the image on the disk named `disk` ("": the first disk), then replaces the mounted image of a site, and
  // logs that. On failure the mounted image stays. Errors: environment when the disk is absent or fails, or memory is
  // short; input when the image is bad.
  [[nodiscard]] outcome<void> mount(std::string_view disk, std::size_t place = 0);
  // mount() of each site's disk, as the options name it.
  [[nodiscard]] outcome<void> mount_all();
  // The same as mount() for site 0, but opening and attaching delay no loop, if the platform can do that. Then calls
  // `then`, which must not throw, on loop 0.
  using after_mount = std::function<void(outcome<void>)>;
  void mount_aside(std::string disk, after_mount then) { mount_aside(std::move(disk), 0, std::move(then)); }
  // Mounts the disks of all sites again, in the same way. An error says what is still served.
  void remount_aside(after_mount then);
  // All sites.
  void unmount();
  [[nodiscard]] bool is_any_mounted(std::size_t loop = 0) const noexcept;
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
  [[nodiscard]] const std::vector<named_site>& sites() const noexcept { return sites_; }  // by place
  // " for docs.example.org, www.example.org": the hosts of a site that has names.
  [[nodiscard]] std::string hosts_text(std::size_t place) const;
  // What sessions of the shell waited for is there: a ticket, or shell_session::kAside.
  void tell_shells(std::uint64_t ticket);

 private:
  [[nodiscard]] bool print_on_console();
  [[nodiscard]] outcome<std::shared_ptr<mounted_image>> attach(std::string_view disk_name) const;
  [[nodiscard]] outcome<std::optional<image_digests>> load_digests(const disk& d) const;
  [[nodiscard]] outcome<void> serve(std::size_t place, std::shared_ptr<mounted_image> m);
  // Replaces a site; `sites` has one object for each loop, or nullptr for each.
  void replace(std::size_t place, std::vector<std::shared_ptr<site>> sites);
  void mount_aside(std::string disk, std::size_t place, after_mount then);
  struct remount;
  // The rest of remount_aside(), from site `place` on.
  void remount_from(std::size_t place, const std::shared_ptr<remount>& all);
  // The disk of a site that is mounted, or that the options name; "none".
  [[nodiscard]] std::string disk_of(std::size_t place);
  void finish_reload(outcome<void> served);

  cache_vm::platform& platform_;
  cache_options options_;
  event_log log_;
  const std::uint64_t started_ns_;
  const std::vector<named_site> sites_;  // by place
  server_group group_;
  std::vector<std::unique_ptr<http_server>> servers_;
  enum class reloading { no, yes, again };
  reloading reloading_ = reloading::no;
  prefetcher prefetch_;
  shell_service shell_;
  std::unique_ptr<shell_session> console_;
};

}  // namespace docteur::cache_vm
