#include "unikernel-example/application/cache_machine.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/shell_session.hpp"
#include "unikernel-example/application/status.hpp"
#include "unikernel-example/platform/entry.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kConsoleSlice = 8 << 10;                 // bytes printed in a turn
constexpr std::size_t kConsolePiece = 4 << 10;                 // bytes of those at once
constexpr std::uint64_t kMostCache = std::uint64_t{64} << 20;  // bytes, unless the options say
constexpr std::uint64_t kMostSent = std::uint64_t{16} << 20;   // bytes of content that clients hold, in addition
constexpr std::uint64_t kMostBodies = 8 << 20;                 // bytes of requests that are arriving

[[nodiscard]] std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

[[nodiscard]] blame blame_of(const error& e) noexcept {
  return is_device_failure(e) || e.code == errc::out_of_memory ? blame::environment : blame::input;
}

// Lowers or refuses what the options ask for and the platform cannot provide.
[[nodiscard]] outcome<void> fit(platform& p, cache_options& o) {
  const connection_limit limit = p.most_connections();
  if (o.http.connections <= limit.most) return {};
  if (limit.is_fixed && o.connections_asked)
    return give_up(blame::usage, "connections=" + std::to_string(o.http.connections) + ": at most " +
                                     std::to_string(limit.most) + ", because " + limit.why);
  o.http.connections = static_cast<std::uint32_t>(limit.most);
  p.console_write("docteur-cache: at most " + std::to_string(limit.most) + " connections, because " + limit.why + "\n");
  return {};
}

}  // namespace

cache_machine::cache_machine(cache_vm::platform& platform, cache_options options)
    : platform_(platform),
      options_(std::move(options)),
      log_(platform),
      started_ns_(platform.monotonic_ns()),
      shell_(*this) {
  const std::uint64_t bodies = std::clamp<std::uint64_t>(platform_.memory().total / 32, 1 << 20, kMostBodies);
  options_.http.bodies_bytes = std::max<std::uint64_t>(bodies / platform_.loops(), 512 << 10);
  for (std::size_t loop = 0; loop < platform_.loops(); ++loop) {
    own_pages pages{[this, loop] { return status_json(*this, loop); },
                    [this, loop] { return metrics_text(*this, loop); }, [] { return std::string(status_page()); }};
    servers_.push_back(std::make_unique<http_server>(platform_, options_.http, options_.site,
                                                     port_content{true, options_.status && !options_.status_at},
                                                     std::move(pages), log_, group_));
    servers_.back()->record_in(platform_.requests(), loop);
  }
}

cache_machine::~cache_machine() = default;

// What each block is compared with, if the options or the disk's name demand a digest.
outcome<std::optional<image_digests>> cache_machine::load_digests(const disk& d) const {
  std::vector<oid> pins = options_.digests;
  if (d.named_digest) {
    if (!pins.empty() && std::ranges::find(pins, *d.named_digest) == pins.end())
      return give_up(blame::input, "disk " + d.name + ": its name demands " + digest_text(*d.named_digest) +
                                       ", which is not a digest that was given");
    pins = {*d.named_digest};
  }
  if (pins.empty()) return std::nullopt;
  DOCTEUR_TRY(loaded, load_pinned(d.view, pins, "disk " + d.name));
  return loaded;
}

// Any thread may call it.
outcome<std::shared_ptr<mounted_image>> cache_machine::attach(std::string_view disk_name) const {
  const std::vector<disk> disks = platform_.disks();
  const auto* found = disk_name.empty() ? disks.data() : nullptr;
  for (const disk& d : disks)
    if (d.name == disk_name) found = &d;
  if (disks.empty() || found == nullptr)
    return give_up(blame::environment,
                   disk_name.empty() ? std::string("no disk") : "no disk " + terminal_line(disk_name));
  if (!found->fault.empty()) return give_up(blame::environment, "disk " + found->name + ": " + found->fault);
  site_options options{};
  options.heap = platform_.heap();
  const std::uint64_t total = platform_.memory().total;
  options.cache_bytes = options_.cache_bytes.value_or(std::min(kMostCache, total / 4));
  options.sent_bytes = std::min(kMostSent, total / 10);
  options.read_bytes = total / 12;
  options.whole_bytes = std::clamp<std::uint64_t>(total / 32, 256 << 10, options_.http.whole_bytes);
  options.loops = servers_.size();
  options.codes = &platform_;
  options.dictionaries = options_.site.dictionary_s > 0;
  options.rules = options_.site.rules;
  const std::uint64_t start = platform_.monotonic_ns();
  DOCTEUR_TRY(pinned, load_digests(*found));
  auto attached = mounted_image::attach(*found, options, std::move(pinned));
  if (!attached) return give_up(blame_of(attached.error()), "disk " + found->name + ": " + to_text(attached.error()));
  (*attached)->attach_ns = platform_.monotonic_ns() - start;
  return std::move(*attached);
}

// Replaces what all loops serve.
outcome<void> cache_machine::serve(std::shared_ptr<mounted_image> m) {
  std::vector<std::shared_ptr<site>> sites;
  for (std::size_t loop = 0; loop < servers_.size(); ++loop) {
    auto s = site::make(m);
    if (!s) return give_up(blame_of(s.error()), "disk " + m->disk_name() + ": " + to_text(s.error()));
    sites.push_back(std::move(*s));
  }
  prefetch_.stop();
  const image& i = m->image();
  std::string text = "disk " + m->disk_name() + ": commit " + hex(i.commit_id()) + ", " +
                     std::to_string(i.index().count()) + " objects, attached in " +
                     std::to_string(m->attach_ns / 1000) + " us";
  // With `show` the console gets the file and nothing else.
  const auto tell = [this](std::string line) {
    options_.show.empty() ? log_.say(std::move(line)) : log_.remember(std::move(line));
  };
  tell(std::move(text));
  if (const version_rules* rules = m->versions().first()->rules.get())
    for (const std::string& line : rules->untold_faults()) tell("disk " + m->disk_name() + ": " + line);
  m.reset();
  replace(std::move(sites));
  return {};
}

void cache_machine::replace(std::vector<std::shared_ptr<site>> sites) {
  platform_.on_each_loop([&](std::size_t loop) { servers_[loop]->stage(std::move(sites[loop])); });
  group_.image.fetch_add(1, std::memory_order_release);
  platform_.on_each_loop([this](std::size_t loop) { servers_[loop]->follow(); });
}

outcome<void> cache_machine::mount(std::string_view disk_name) {
  DOCTEUR_TRY(attached, attach(disk_name));
  return serve(std::move(attached));
}

outcome<std::string> cache_machine::disk_to_remount() {
  std::string name = http().mounted() ? http().mounted()->disk_name() : options_.disk;
  if (name == "none") return give_up(blame::usage, "no image is mounted");
  return name;
}

failure cache_machine::with_rest(failure why) {
  why.message += http().mounted() ? "; what was mounted before is still served" : "; nothing is served";
  return why;
}

void cache_machine::unmount() {
  prefetch_.stop();
  replace(std::vector<std::shared_ptr<site>>(servers_.size()));
}

void cache_machine::flush() {
  platform_.on_each_loop([this](std::size_t loop) {
    if (const auto& s = servers_[loop]->mounted()) s->flush();
  });
}

void cache_machine::sum_counts(std::size_t loop, metrics& sum) {
  servers_[loop]->update_counts();
  for (const auto& s : servers_) sum.add(s->counts());
}

void cache_machine::start_prefetch() {
  if (http().mounted()) prefetch_.start(http().mounted());
}

outcome<void> cache_machine::open_ports() {
  std::vector<service*> servers, status_ports;
  for (const auto& s : servers_) {
    servers.push_back(s.get());
    status_ports.push_back(&s->status_port());
  }
  DOCTEUR_TRY(at, platform_.listen(options_.listen.address, options_.listen.port, servers));
  if (options_.status_at) {
    DOCTEUR_TRY(status_at, platform_.listen(options_.status_at->address, options_.status_at->port, status_ports));
    log_.say("status on " + status_at);
  }
  if (options_.shell) {
    service* const shell = &shell_;
    DOCTEUR_TRY(shell_at, platform_.listen(options_.shell->address, options_.shell->port, {&shell, 1}));
    log_.say("shell on " + shell_at);
  }
  log_.say("HTTP on " + at + " (" + platform_.network_status() + ")");
  return {};
}

outcome<void> cache_machine::show(std::string_view path) {
  site& s = *http().mounted();
  const auto failed = [&](const error& e) {
    return give_up(is_device_failure(e) ? blame::environment : blame::input,
                   terminal_line(path) + ": " + (is_absent(e) ? std::string(e.what) : to_text(e)));
  };
  const auto n = s.find(path);
  if (!n) return failed(n.error());
  if (!n->is_blob()) return give_up(blame::input, terminal_line(path) + ": not a file");
  const auto facts = s.facts(*n);
  if (!facts) return failed(facts.error());
  if ((*facts)->streams) return give_up(blame::input, terminal_line(path) + ": too large to show");
  const auto content = s.whole(**facts, content_form::plain);
  if (!content) return failed(content.error());
  platform_.console_write(as_text((*content)->view()));
  return {};
}

void cache_machine::console_ready() {
  if (!console_) console_ = std::make_unique<shell_session>(*this, shell_session::origin::console);
  std::array<char, 256> keys;
  for (std::size_t n = platform_.console_read(keys); n > 0; n = platform_.console_read(keys))
    console_->type({keys.data(), n});
  (void)print_on_console();
}

// Prints a slice of the session's output: long output must not delay clients.
bool cache_machine::print_on_console() {
  if (!console_) return false;
  for (std::size_t shown = 0; shown < kConsoleSlice;) {
    const std::string_view text = console_->output().substr(0, kConsolePiece);
    if (text.empty()) break;
    if (!platform_.console_has_room()) return false;  // its reader has stopped: the next tick tries again
    platform_.console_write(text);
    shown += text.size();
    console_->shown(text.size());
  }
  // The console stays: the next key begins a new session.
  if (console_->is_over()) console_.reset();
  return console_ && console_->is_busy();
}

void cache_machine::tick(std::size_t loop) {
  servers_[loop]->tick();
  if (loop == 0 && http().mounted()) http().mounted()->shared().dictionaries().end_waits();
}

bool cache_machine::work(std::size_t loop) {
  const bool serves = servers_[loop]->work();
  if (loop != 0) return serves;
  const bool prints = print_on_console();
  try {
    return prefetch_.work(platform_) || prints || serves;
  } catch (const std::bad_alloc&) {
    prefetch_.stop();
    log_.say("prefetch: out of memory");
    return prints || serves;
  }
}

void cache_machine::arrived(std::size_t loop, std::uint64_t ticket) {
  servers_[loop]->arrived(ticket);
  if (loop != 0) return;
  prefetch_.arrived(ticket);
  tell_shells(ticket);
}

void cache_machine::tell_shells(std::uint64_t ticket) {
  shell_.arrived(ticket);
  if (console_) (void)console_->arrived(ticket);  // work() prints
}

// Opening and attaching may take a while: clients are served meanwhile.
void cache_machine::mount_aside(std::string disk_name, after_mount then) {
  auto attached =
      std::make_shared<outcome<std::shared_ptr<mounted_image>>>(give_up(blame::environment, "out of memory"));
  const auto task = [this, attached, name = std::move(disk_name)]() noexcept {
    try {
      *attached = attach(name);
    } catch (const std::bad_alloc&) {
      return;
    }
  };
  platform_.aside(task, [this, attached, then = std::move(then)]() noexcept {
    outcome<void> served;
    try {
      served = *attached ? serve(std::move(**attached)) : tl::make_unexpected(std::move(attached->error()));
    } catch (const std::bad_alloc&) {
      served = tl::make_unexpected(failure{blame::environment, "out of memory"});
    }
    then(std::move(served));
  });
}

void cache_machine::reload() {
  if (reloading_ != reloading::no) {
    reloading_ = reloading::again;
    return;
  }
  try {
    const auto name = disk_to_remount();
    if (!name) return log_.say(name.error().message);
    reloading_ = reloading::yes;
    platform_.tell(platform::progress::reloads);
    mount_aside(*name, [this](outcome<void> served) { finish_reload(std::move(served)); });
  } catch (const std::bad_alloc&) {
    reloading_ = reloading::no;
    log_.say("remount: out of memory; what was mounted before is still served");
  }
}

void cache_machine::finish_reload(outcome<void> served) {
  const bool again = std::exchange(reloading_, reloading::no) == reloading::again;
  try {
    if (!served) log_.say(with_rest(std::move(served.error())).message);
  } catch (const std::bad_alloc&) {
    log_.say("remount: out of memory");
  }
  if (again) return reload();
  platform_.tell(platform::progress::serves);
}

std::uint64_t cache_machine::drain_time() const { return std::uint64_t{options_.drain_s} * 1'000'000'000; }

void cache_machine::drain(std::size_t loop) { servers_[loop]->drain(); }

void cache_machine::all_drain() {
  platform_.tell(platform::progress::stops);
  log_.say("asked to stop: responses in progress have " + std::to_string(options_.drain_s) + " s");
}

int start(platform& p, std::span<const std::string_view> words) {
  const auto failed = [&p](const failure& f) {
    p.console_write("docteur-cache: " + terminal_line(f.message) + "\n");
    return static_cast<int>(f.who);
  };
  try {
    auto options = parse_words(words);
    if (!options) return failed(options.error());
    if (options->help) {
      p.console_write(words_help());
      return 0;
    }
    if (const auto fits = fit(p, *options); !fits) return failed(fits.error());
    cache_machine machine(p, std::move(*options));
    const cache_options& o = machine.options();
    if (o.disk != "none") {
      if (const auto mounted = machine.mount(o.disk); !mounted) return failed(mounted.error());
    }
    if (!o.show.empty()) {
      if (!machine.http().mounted()) return failed({blame::usage, "show: no disk is mounted"});
      const auto shown = machine.show(o.show);
      return shown ? 0 : failed(shown.error());
    }
    if (const auto open = machine.open_ports(); !open) return failed(open.error());
    if (o.prefetch) machine.start_prefetch();
    p.tell(platform::progress::serves);
    return p.run(machine) == ending::failure ? static_cast<int>(blame::environment) : 0;
  } catch (const std::bad_alloc&) {
    return failed({blame::environment, "out of memory"});
  }
}

}  // namespace docteur::cache_vm
