#pragma once
// The platform of an ordinary Linux process: epoll, sockets, files.

#include <sys/epoll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/checked_device.hpp"
#include "host/file_device.hpp"
#include "unikernel-example/platform/linux/console.hpp"
#include "unikernel-example/platform/linux/tcp_connection.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::on_linux {

class linux_platform final : public platform {
 public:
  // `images`: files or block devices, which become the disks "0", "1", ... `digests`: if there are any, only images of
  // these digests are disks, whenever they are opened, and each block is compared. `console`: use standard input as a
  // console. Errors: environment; input for another image.
  [[nodiscard]] static outcome<std::unique_ptr<linux_platform>> make(std::vector<std::string> images,
                                                                     std::vector<oid> digests, bool console);
  linux_platform(const linux_platform&) = delete;
  linux_platform& operator=(const linux_platform&) = delete;
  ~linux_platform() override;

  std::string_view name() const override { return "linux"; }
  std::uint64_t monotonic_ns() const override;
  std::optional<std::int64_t> wall_clock() const override;
  // Lines that begin with "docteur-cache: " go to standard error, all others to standard output.
  void console_write(std::string_view text) override;
  // The errno value of the latest failed write to standard output; 0: none failed.
  [[nodiscard]] int output_error() const noexcept { return output_error_; }
  bool console_has_room() const override;
  std::size_t console_read(std::span<char> into) override;
  std::span<const disk> disks() override;
  memory_use memory() const override;
  docteur::memory heap() noexcept override;
  std::string network_status() const override;
  outcome<void> listen(std::string_view address, std::uint16_t port, service& s) override;
  connection_limit most_connections() const override;
  ending run(application& app) override;
  void stop(ending how) override { how_ = how; }

 private:
  struct listener {
    int fd;
    cache_vm::service* service;
  };
  struct opened_file {
    file_device file;
    std::optional<checked_device> checked;  // over file
    [[nodiscard]] device view() const noexcept { return checked ? checked->view() : file.view(); }
  };
  struct image_file {
    std::string path;
    std::shared_ptr<opened_file> file;
    std::string fault;  // why it could not be opened again
  };
  explicit linux_platform(bool console) : console_(console) {}
  [[nodiscard]] outcome<std::shared_ptr<opened_file>> open_image(const std::string& path) const;
  [[nodiscard]] bool watch(int fd, std::uint32_t events, void* who) const;
  void look_at_console();
  void accept_all(const listener& l);
  [[nodiscard]] tcp_connection* add(int fd, service& s);
  bool refuse_one(const listener& l);
  void stop_listening();
  void obey_signals(application& app);
  [[nodiscard]] bool is_drained(const application& app) const;
  void take_event(const epoll_event& e);
  void take_turn(tcp_connection& c);
  void look_after_touched();
  void remove(tcp_connection& c);
  void remove_overdue();

  int epoll_ = -1;
  int spare_fd_ = -1;  // closed for a moment to accept a client when no other descriptor is left
  int wake_ = -1;      // an eventfd: a signal has arrived
  bool signalled_ = false;
  console console_;
  bool console_is_ready_ = false;
  int output_error_ = 0;  // of standard output, an errno value
  std::optional<ending> how_;
  std::optional<std::uint64_t> drains_until_;  // monotonic ns
  std::uint64_t descriptors_ = 0;              // limit of this process
  std::uint64_t total_memory_ = 0;
  std::vector<image_file> images_;
  std::vector<oid> digests_;
  std::vector<disk> disks_;
  std::vector<std::unique_ptr<listener>> listeners_;
  std::vector<std::unique_ptr<tcp_connection>> connections_;
  touched_list touched_;
  std::vector<tcp_connection*> again_;         // whose turn ended early
  std::vector<tcp_connection*> served_again_;  // in run()
};

}  // namespace docteur::cache_vm::on_linux
