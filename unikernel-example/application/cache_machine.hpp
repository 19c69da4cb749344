#pragma once
// The application: the mounted image, its servers, the console's shell, and background work.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  // The same for the mounted disk, or for the options' disk when nothing is mounted. The error's text also says what is
  // still served.
  [[nodiscard]] outcome<void> remount();
  void unmount();
  void start_prefetch();
  [[nodiscard]] outcome<void> open_ports();
  // Prints a file on the console.
  [[nodiscard]] outcome<void> show(std::string_view path);

  void console_ready() override;
  void tick() override;
  [[nodiscard]] bool work() override;
  void reload() override;
  [[nodiscard]] std::uint64_t drain() override;
  [[nodiscard]] bool is_drained() const override { return server_.counts().active == 0; }

  [[nodiscard]] cache_vm::platform& platform() noexcept { return platform_; }
  [[nodiscard]] http_server& http() noexcept { return server_; }
  [[nodiscard]] event_log& log() noexcept { return log_; }
  [[nodiscard]] const cache_options& options() const noexcept { return options_; }
  [[nodiscard]] const prefetcher& prefetch() const noexcept { return prefetch_; }

 private:
  [[nodiscard]] bool print_on_console();

  cache_vm::platform& platform_;
  cache_options options_;
  event_log log_;
  http_server server_;
  prefetcher prefetch_;
  shell_service shell_;
  std::unique_ptr<shell_session> console_;
};

}  // namespace docteur::cache_vm
