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

constexpr std::size_t kConsoleSlice = 8 << 10;  // bytes printed in a turn
constexpr std::size_t kConsolePiece = 4 << 10;  // bytes of those at once
constexpr std::uint64_t kMostBodies = 8 << 20;  // bytes of requests that are arriving

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

// Site 0, which may have names as well, then the others.
[[nodiscard]] std::vector<named_site> number_sites(platform& p, const cache_options& o) {
  std::vector<named_site> sites{{{}, o.disk}};
  if (o.sites.empty()) return sites;
  // The first disk may be meant by its name, too: its image is then mounted once.
  if (o.disk.empty())
    if (const std::vector<disk> disks = p.disks(); !disks.empty()) sites.front().disk = disks.front().name;
  for (const named_site& s : o.sites) {
    if (s.disk == sites.front().disk) {
      sites.front().hosts = s.hosts;
    } else {
      sites.push_back(s);
    }
  }
  return sites;
}

}  // namespace

cache_machine::cache_machine(cache_vm::platform& platform, cache_options options)
    : platform_(platform),
      options_(std::move(options)),
      log_(platform),
      started_ns_(platform.monotonic_ns()),
      sites_(number_sites(platform, options_)),
      shell_(*this) {
  const std::uint64_t bodies = std::clamp<std::uint64_t>(platform_.memory().total / 32, 1 << 20, kMostBodies);
  options_.http.bodies_bytes = std::max<std::uint64_t>(bodies / platform_.loops(), 512 << 10);
  options_.site.only_named = sites_.size() > 1 && sites_.front().disk == "none";
  group_.sites = sites_.size();
  for (std::size_t place = 0; place < sites_.size(); ++place) {
    for (const std::string& host : sites_[place].hosts) {
      (void)group_.hosts.add(host, place);  // parse_words() has refused a host of two disks
      options_.site.hosts.push_back(host);
    }
  }
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

void cache_machine::flush() {
  platform_.on_each_loop([this](std::size_t loop) {
    for (std::size_t place = 0; place < sites_.size(); ++place)
      if (const auto& s = servers_[loop]->mounted(place)) s->flush();
  });
}

void cache_machine::sum_counts(std::size_t loop, metrics& sum) {
  servers_[loop]->update_counts();
  for (const auto& s : servers_) sum.add(s->counts());
}

void cache_machine::start_prefetch() {
  std::vector<std::shared_ptr<site>> all;
  for (std::size_t place = 0; place < sites_.size(); ++place)
    if (const auto& s = http().mounted(place)) all.push_back(s);
  prefetch_.start(std::move(all));
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
  if (loop != 0) return;
  for (std::size_t place = 0; place < sites_.size(); ++place)
    if (const auto& s = http().mounted(place)) s->shared().dictionaries().end_waits();
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
    if (const auto mounted = machine.mount_all(); !mounted) return failed(mounted.error());
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
