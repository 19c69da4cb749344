// cache_machine's images: mounting, and replacing them while clients are served.

#include <algorithm>
#include <new>
#include <utility>

#include "unikernel-example/application/cache_machine.hpp"
#include "unikernel-example/application/markup.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::uint64_t kMostCache = std::uint64_t{64} << 20;  // bytes, unless the options say
constexpr std::uint64_t kMostSent = std::uint64_t{16} << 20;   // bytes of content that clients hold, in addition

[[nodiscard]] std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

[[nodiscard]] blame blame_of(const error& e) noexcept {
  return is_device_failure(e) || e.code == errc::out_of_memory ? blame::environment : blame::input;
}

}  // namespace

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
  // The sites have equal parts of it.
  options.cache_bytes = options_.cache_bytes.value_or(std::min(kMostCache, total / 4)) / sites_.size();
  options.sent_bytes = std::min(kMostSent, total / 10) / sites_.size();
  options.read_bytes = total / 12 / sites_.size();
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

std::string cache_machine::hosts_text(std::size_t place) const {
  std::string text;
  for (const std::string& host : sites_[place].hosts) text += (text.empty() ? " for " : ", ") + host;
  return text;
}

// Replaces what all loops serve.
outcome<void> cache_machine::serve(std::size_t place, std::shared_ptr<mounted_image> m) {
  std::vector<std::shared_ptr<site>> sites;
  for (std::size_t loop = 0; loop < servers_.size(); ++loop) {
    auto s = site::make(m);
    if (!s) return give_up(blame_of(s.error()), "disk " + m->disk_name() + ": " + to_text(s.error()));
    sites.push_back(std::move(*s));
  }
  prefetch_.stop();
  const image& i = m->image();
  std::string text = "disk " + m->disk_name() + hosts_text(place) + ": commit " + hex(i.commit_id()) + ", " +
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
  replace(place, std::move(sites));
  return {};
}

void cache_machine::replace(std::size_t place, std::vector<std::shared_ptr<site>> sites) {
  platform_.on_each_loop([&](std::size_t loop) { servers_[loop]->stage(place, std::move(sites[loop])); });
  group_.image.fetch_add(1, std::memory_order_release);
  platform_.on_each_loop([this](std::size_t loop) { servers_[loop]->follow(); });
}

outcome<void> cache_machine::mount(std::string_view disk_name, std::size_t place) {
  DOCTEUR_TRY(attached, attach(disk_name));
  return serve(place, std::move(attached));
}

outcome<void> cache_machine::mount_all() {
  for (std::size_t place = 0; place < sites_.size(); ++place)
    if (sites_[place].disk != "none") DOCTEUR_CHECK(mount(sites_[place].disk, place));
  return {};
}

std::string cache_machine::disk_of(std::size_t place) {
  const auto& s = http().mounted(place);
  return s ? s->disk_name() : sites_[place].disk;
}

bool cache_machine::is_any_mounted(std::size_t loop) const noexcept {
  for (std::size_t place = 0; place < sites_.size(); ++place)
    if (servers_[loop]->mounted(place)) return true;
  return false;
}

void cache_machine::unmount() {
  prefetch_.stop();
  for (std::size_t place = 0; place < sites_.size(); ++place)
    replace(place, std::vector<std::shared_ptr<site>>(servers_.size()));
}

// Opening and attaching may take a while: clients are served meanwhile.
void cache_machine::mount_aside(std::string disk_name, std::size_t place, after_mount then) {
  auto attached =
      std::make_shared<outcome<std::shared_ptr<mounted_image>>>(give_up(blame::environment, "out of memory"));
  const auto task = [this, attached, name = std::move(disk_name)]() noexcept {
    try {
      *attached = attach(name);
    } catch (const std::bad_alloc&) {
      return;
    }
  };
  platform_.aside(task, [this, attached, place, then = std::move(then)]() noexcept {
    outcome<void> served;
    try {
      served = *attached ? serve(place, std::move(**attached)) : tl::make_unexpected(std::move(attached->error()));
    } catch (const std::bad_alloc&) {
      served = tl::make_unexpected(failure{blame::environment, "out of memory"});
    }
    then(std::move(served));
  });
}

struct cache_machine::remount {
  after_mount then;
  std::optional<failure> faults;  // of the sites so far
  bool has_disk = false;          // a site has one

  void add(failure why) {
    if (!faults) {
      faults = std::move(why);
    } else {
      faults->message += "; " + why.message;
    }
  }
  void finish() {
    if (!faults && !has_disk) faults = failure{blame::usage, "no image is mounted"};
    then(faults ? outcome<void>(tl::make_unexpected(std::move(*faults))) : outcome<void>());
  }
};

void cache_machine::remount_aside(after_mount then) {
  remount_from(0, std::make_shared<remount>(remount{std::move(then), {}}));
}

void cache_machine::remount_from(std::size_t place, const std::shared_ptr<remount>& all) {
  while (place < sites_.size() && disk_of(place) == "none") ++place;
  if (place == sites_.size()) return all->finish();
  all->has_disk = true;
  mount_aside(disk_of(place), place, [this, place, all](outcome<void> served) {
    try {
      if (!served) {
        served.error().message +=
            http().mounted(place) ? "; what was mounted before is still served" : "; nothing is served";
        all->add(std::move(served.error()));
      }
      remount_from(place + 1, all);
    } catch (const std::bad_alloc&) {
      all->then(tl::make_unexpected(failure{blame::environment, "out of memory"}));
    }
  });
}

void cache_machine::reload() {
  if (reloading_ != reloading::no) {
    reloading_ = reloading::again;
    return;
  }
  try {
    reloading_ = reloading::yes;
    platform_.tell(platform::progress::reloads);
    remount_aside([this](outcome<void> served) { finish_reload(std::move(served)); });
  } catch (const std::bad_alloc&) {
    reloading_ = reloading::no;
    log_.say("remount: out of memory; what was mounted before is still served");
  }
}

void cache_machine::finish_reload(outcome<void> served) {
  const bool again = std::exchange(reloading_, reloading::no) == reloading::again;
  try {
    if (!served) log_.say(std::move(served.error().message));
  } catch (const std::bad_alloc&) {
    log_.say("remount: out of memory");
  }
  if (again) return reload();
  platform_.tell(platform::progress::serves);
}

}  // namespace docteur::cache_vm
