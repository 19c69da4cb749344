#include "unikernel-example/platform/linux/linux_platform.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <latch>
#include <new>
#include <system_error>

#include "base/printable.hpp"
#include "host/block_list.hpp"
#include "host/describe.hpp"
#include "host/huge_page_heap.hpp"
#include "object/result.hpp"
#include "unikernel-example/platform/linux/disk_waits.hpp"
#include "unikernel-example/platform/linux/listening.hpp"
#include "unikernel-example/platform/linux/monotonic_time.hpp"
#include "unikernel-example/platform/linux/server_signals.hpp"
#include "unikernel-example/platform/linux/service_notice.hpp"
#include "unikernel-example/platform/linux/surroundings.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

// Descriptors besides those of clients: the standard ones, those opened here, and connections that wait for their peer
// to close.
constexpr std::uint64_t kDescriptors = 48;
constexpr std::uint64_t kDescriptorsOfLoop = 3;
// Bytes for what slow disks have brought.
constexpr std::uint64_t kLeastWaiting = std::uint64_t{16} << 20;
constexpr std::uint64_t kMostWaiting = std::uint64_t{64} << 20;
// How long the end of the process waits for the tasks of aside().
constexpr std::chrono::milliseconds kAsidesEnd{500};

result<listed_image> listed_image_on(const device& disk) {
  DOCTEUR_TRY(attached, image::attach(disk, huge_page_memory()));
  return listed_image_of(attached);
}

}  // namespace

linux_platform::linux_platform(platform_options options)
    : options_(std::move(options)), console_(options_.console), descriptors_(raise_descriptors()) {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  total_memory_ = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
  if (const auto limit = memory_limit()) total_memory_ = std::min(total_memory_, *limit);
}

outcome<std::shared_ptr<linux_platform::opened_disk>> linux_platform::open_image(const std::string& name,
                                                                                 bool is_first) const {
  // Opening a FIFO would block until it has a writer.
  struct stat info {};
  if (stat(name.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode) && !S_ISDIR(info.st_mode))
    return give_up(blame::environment, name + ": neither a file nor a block device");
  DOCTEUR_TRY(source, open_image_device(name, options_.remote));
  const auto arrived = [loops = group_](std::size_t loop, std::uint64_t ticket) {
    loops->loops[loop]->tell_arrival(ticket);
  };
  const std::uint64_t blocks = std::clamp(total_memory_ / 16, kLeastWaiting, kMostWaiting);
  const auto named = source->demanded_digest();
  const auto opened = std::make_shared<opened_disk>(named);
  std::shared_ptr<image_device> below = std::move(source);
  if (is_first && options_.records) {
    opened->of = listed_image_on(below->view());
    opened->reads = std::make_shared<recorded_image>(below);
    below = opened->reads;
  }
  opened->disk.emplace(std::move(below), blocks, arrived);
  return opened;
}

outcome<std::string> linux_platform::recorded() const {
  const std::lock_guard lock(images_guard_);
  const opened_disk& first = *images_.front().disk;
  if (!first.of) return tl::make_unexpected(describe(first.of.error(), printable(images_.front().name)));
  return block_list_text({*first.of, first.reads->blocks()});
}

outcome<std::unique_ptr<linux_platform>> linux_platform::make(platform_options options) {
  std::unique_ptr<linux_platform> p(new linux_platform(std::move(options)));
  for (std::size_t i = 0; i < p->options_.threads; ++i) {
    DOCTEUR_TRY(loop, event_loop::make(i, *p->group_));
    p->group_->loops.push_back(std::move(loop));
  }
  const platform_options& o = p->options_;
  p->group_->proxies = o.proxies;
  p->group_->http2 = o.http2;
  if (o.access_log.what != log_place::kind::none) {
    const auto say = [raw = p.get()](const std::string& text) { raw->console_write("docteur-cache: " + text + "\n"); };
    DOCTEUR_TRY(log, access_log::open(o.access_log, o.access_format, o.threads, say));
    p->log_ = std::move(log);
  }
  for (const std::string& name : p->options_.images) {
    DOCTEUR_TRY(disk, p->open_image(name, p->images_.empty()));
    p->images_.push_back({name, std::move(disk), {}});
  }
  return p;
}

linux_platform::~linux_platform() { group_->close_sockets(); }

void linux_platform::tick() {
  look_at_console();
  if (log_) log_->flush();
}

void linux_platform::look_at_console() {
  if (drains_ || !console_.look()) return;
  console_is_ready_ = false;
  if (!console_.is_there()) {
    first().forget_console(STDIN_FILENO);
  } else if (!first().watch_console(STDIN_FILENO)) {
    console_is_ready_ = true;  // epoll refuses a file, which is always ready
  }
}

std::uint64_t linux_platform::monotonic_ns() const { return monotonic_time(); }

std::optional<std::int64_t> linux_platform::wall_clock() const { return std::time(nullptr); }

void linux_platform::console_write(std::string_view text) {
  if (text.starts_with("docteur-cache: ")) {
    // A log without a reader must not block the server; the shell's `log` has the line as well.
    for (; !text.empty() && has_room(STDERR_FILENO); text.remove_prefix(std::min(text.size(), kAtOnce)))
      (void)write_all(STDERR_FILENO, text.substr(0, kAtOnce));  // an error cannot be reported anywhere
  } else if (const int error = write_all(STDOUT_FILENO, text); error != 0) {
    output_error_ = error;
  }
}

bool linux_platform::console_has_room() const { return has_room(STDOUT_FILENO); }

std::size_t linux_platform::console_read(std::span<char> into) {
  if (!console_is_ready_) return 0;
  console_is_ready_ = false;
  const bool was_there = console_.is_there();
  const std::size_t n = console_.read(into);
  if (was_there && !console_.is_there()) first().forget_console(STDIN_FILENO);
  return n;
}

std::vector<disk> linux_platform::disks() {
  const std::lock_guard lock(images_guard_);
  std::vector<disk> all;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    image_file& f = images_[i];
    if (opens_again_) {
      // The file may have been replaced, or the block device resized.
      auto opened = open_image(f.name, i == 0);
      f.fault = opened ? std::string() : opened.error().message;
      if (opened) f.disk = std::move(*opened);
    }
    all.push_back({std::to_string(i), f.disk->disk->view(), f.disk, f.fault, f.disk->named_digest});
  }
  return all;
}

void linux_platform::wait_for_disks(bool waits) { this_threads_disk_waits().may_wait = waits; }
bool linux_platform::has_ticket() const { return this_threads_disk_waits().ticket != 0; }
std::uint64_t linux_platform::take_ticket() { return this_threads_disk_waits().take_ticket(); }

std::function<void()> linux_platform::promise() {
  disk_waits& mine = this_threads_disk_waits();
  const std::uint64_t ticket = next_ticket();
  std::function<void()> arrives = [loops = group_, loop = mine.loop, ticket] {
    loops->loops[loop]->tell_arrival(ticket);
  };
  mine.ticket = ticket;
  return arrives;
}

memory_use linux_platform::memory() const { return {total_memory_, resident_memory()}; }

docteur::memory linux_platform::heap() noexcept { return huge_page_memory(); }

std::string linux_platform::network_status() const { return "sockets of this host"; }

outcome<std::string> linux_platform::listen(std::string_view address, std::uint16_t port,
                                            std::span<service* const> services) {
  DOCTEUR_TRY(listening, listen_anywhere(address, port, options_.socket_mode));
  std::string where;
  for (listener& l : listening) {
    // A socket that was handed over is as its owner wants it (DeferAcceptSec= in systemd.socket).
    if (services.front()->clients_speak_first() && address != "systemd") await_first_bytes(l.fd);
    if (where.empty() || address == "systemd") where += (where.empty() ? "" : ", ") + listening_text(l.fd);
    group_->sockets.push_back(std::make_unique<listening_socket>(
        l.fd, std::vector<service*>(services.begin(), services.end()), std::move(l.name)));
    for (const auto& loop : group_->loops)
      if (!loop->watch(*group_->sockets.back()))
        return give_up(blame::environment, std::string("epoll: ") + std::strerror(errno));
  }
  // Of several addresses the port counts.
  if (address.empty()) where.erase(0, where.rfind(':'));
  return where;
}

void linux_platform::tell(progress p) {
  switch (p) {
    case progress::serves: return notify_service_manager("READY=1");
    case progress::reloads:
      return notify_service_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_time() / 1000));
    case progress::stops: return notify_service_manager("STOPPING=1");
  }
}

connection_limit linux_platform::most_connections() const {
  const std::uint64_t others = kDescriptors + 2 * images_.size() + kDescriptorsOfLoop * loops();
  return {descriptors_ - std::min(descriptors_ - 1, others),
          "only " + std::to_string(descriptors_) + " descriptors are available (ulimit -n)", false};
}

void linux_platform::on_each_loop(const std::function<void(std::size_t)>& task) {
  std::latch others(static_cast<std::ptrdiff_t>(loops() - 1));
  for (std::size_t i = 1; i < loops(); ++i) {
    const auto of_loop = [&, i] {
      task(i);
      others.count_down();
    };
    if (!group_->loops[i]->post(of_loop)) of_loop();  // its thread does not run
  }
  task(0);
  others.wait();
}

void linux_platform::aside(std::function<void()> task, std::function<void()> then) {
  begin_aside();
  try {
    std::thread([this, task, then] {
      task();
      (void)first().post(then);  // after the last turn of loop 0 nobody needs it
      end_aside();
    }).detach();
  } catch (const std::system_error&) {  // no thread can be started
    task();
    then();
    end_aside();
  }
}

void linux_platform::begin_aside() {
  const std::lock_guard lock(asides_guard_);
  ++asides_;
}

void linux_platform::end_aside() {
  const std::lock_guard lock(asides_guard_);
  if (--asides_ == 0) asides_ended_.notify_all();
}

// Such a task uses the application. One that reads a slow disk cannot be interrupted: the process then ends here.
void linux_platform::wait_for_asides(ending how) {
  std::unique_lock lock(asides_guard_);
  if (asides_ended_.wait_for(lock, kAsidesEnd, [this] { return asides_ == 0; })) return;
  console_.leave();
  ::_exit(how == ending::failure ? static_cast<int>(blame::environment) : 0);
}

// Does what signals have asked for.
void linux_platform::woken(application& app) {
  bool stops = server_signals::take_stop();
  if (server_signals::take_reload()) {
    // When the terminal's window was closed, SIGHUP means to stop.
    if (console_.hung_up()) {
      stops = true;
    } else {
      app.reload();
    }
  }
  if (server_signals::take_reopen() && log_) log_->reopen();
  if (server_signals::take_suspend()) {
    const bool was_there = console_.is_there();
    console_.leave();
    if (was_there) first().forget_console(STDIN_FILENO);
    server_signals::suspend();
  }
  if (server_signals::take_resume()) look_at_console();
  if (stops && !std::exchange(drains_, true)) begin_drain(app);
}

void linux_platform::begin_drain(application& app) {
  // What is typed from now on is for the shell that started this process.
  const bool was_there = console_.is_there();
  console_.leave();
  if (was_there) first().forget_console(STDIN_FILENO);
  console_is_ready_ = false;
  const std::uint64_t until = monotonic_time() + app.drain_time();
  on_each_loop([&](std::size_t loop) { group_->loops[loop]->drain(app, until); });
  app.all_drain();
}

bool linux_platform::serve_console(application& app) {
  if (drains_ || !console_.is_there() || !console_is_ready_) return false;
  app.console_ready();
  return true;
}

void linux_platform::wake_all() {
  for (const auto& loop : group_->loops) (void)loop->post([] {});
}

void linux_platform::stop(ending how) {
  how_ = how;
  group_->stops = true;
  wake_all();
}

ending linux_platform::run(application& app) {
  {
    const std::lock_guard lock(images_guard_);
    opens_again_ = true;
  }
  for (const auto& loop : group_->loops) loop->open_mailbox();
  server_signals::serve(first().waker());
  look_at_console();
  std::vector<std::thread> others;
  const auto serve = [this, &app](event_loop& loop, process_duties* duties) {
    bool is_good = false;
    try {
      is_good = loop.run(app, duties);
    } catch (const std::bad_alloc&) {
      console_write("docteur-cache: out of memory\n");
    }
    if (is_good) return true;
    group_->stops = true;
    wake_all();
    return false;
  };
  std::atomic<bool> all_good{true};
  for (std::size_t i = 1; i < loops(); ++i)
    others.emplace_back([&, i] {
      if (!serve(*group_->loops[i], nullptr)) all_good = false;
    });
  if (!serve(first(), this)) all_good = false;
  for (std::thread& t : others) t.join();
  const ending how = all_good ? how_.value_or(ending::halt) : ending::failure;
  if (log_) log_->end();
  wait_for_asides(how);
  return how;
}

}  // namespace docteur::cache_vm::on_linux
