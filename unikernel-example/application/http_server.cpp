#include "unikernel-example/application/http_server.hpp"

#include <new>
#include <string>
#include <utility>

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kSpareBuffers = 64;
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n";

}  // namespace

http_server::http_server(platform& p, const http_limits& limits, site_rules rules, port_content behind, own_pages pages,
                         event_log& log, server_group& group)
    : behind_(behind), group_(&group), old_(group.sites) {
  shared_.platform = &p;
  shared_.limits = limits;
  shared_.hosts = &group.hosts;
  for (std::size_t place = 0; place < group.sites; ++place) {
    site_rules own = rules;
    own.only_named = rules.only_named && place == 0;
    shared_.responders.push_back(
        std::make_unique<http_responder>(p, shared_.limits, std::move(own), pages, shared_.counts, log));
  }
  if (rules.git) shared_.post_path = rules.git_prefix + "git-upload-pack";
  if (limits.tells_idle) shared_.keep_alive = "timeout=" + std::to_string(limits.idle_s);
  shared_.buffers.reserve(kSpareBuffers);
  look_at_clock();
}

void http_server::stage(std::size_t place, std::shared_ptr<site> s) {
  follow();
  staged_ = {place, std::move(s)};
}

void http_server::follow() {
  const std::uint64_t served = group_->image.load(std::memory_order_acquire);
  if (served == shared_.image) return;
  const std::size_t place = staged_.place;
  if (const auto& old = mounted(place)) old_[place].push_back({shared_.image, shared_.platform->monotonic_ns(), old});
  shared_.responders[place]->mount(std::exchange(staged_.mounted, nullptr));
  shared_.image = served;
}

void http_server::arrived(std::uint64_t ticket) {
  for (const auto& c : connections_) c->arrived(ticket);
}

void http_server::update_counts() noexcept {
  std::uint64_t used = 0, hits = 0, misses = 0, taken = 0;
  for (std::size_t place = 0; place < group_->sites; ++place) {
    const auto& s = mounted(place);
    if (!s) continue;
    const auto& bases = s->reader().objects().cache().count();
    used += bases.used;
    hits += bases.hits;
    misses += bases.misses;
    taken += s->held().taken();
  }
  shared_.counts.bases_used = used;
  shared_.counts.bases_hits = hits;
  shared_.counts.bases_misses = misses;
  shared_.counts.taken = taken;
}

bool http_server::work() {
  if (shared_.waiting == 0) return false;
  for (std::size_t n = connections_.size(); n > 0; --n) {
    next_ = next_ + 1 < connections_.size() ? next_ + 1 : 0;
    http_connection& c = *connections_[next_];
    if (!c.stop_waiting()) continue;
    shared_.may_spend = true;
    ready(c.link());
    shared_.may_spend = false;
    break;
  }
  return shared_.waiting > 0;
}

// Cuts off the clients of a site's oldest image when there is one too many.
void http_server::cut_off_old(std::size_t place, std::uint64_t now) {
  std::vector<old_image>& old = old_[place];
  std::erase_if(old, [](const old_image& o) { return o.mounted.expired(); });
  if (old.size() <= kOldImages) return;
  const old_image& last = old[old.size() - kOldImages - 1];
  if (now - last.since_ns < kOldSeconds * 1'000'000'000) return;
  for (std::size_t i = connections_.size(); i-- > 0;)
    if (connections_[i]->cut_off(*shared_.responders[place], last.number)) remove(*connections_[i]);
}

void http_server::look_at_clock() {
  const auto now = shared_.platform->wall_clock();
  if (now && now != shared_.wall_clock) shared_.date = format_http_date(*now);
  shared_.wall_clock = now;
}

void http_server::opened(connection& c) { open(c, behind_); }

void http_server::open(connection& c, port_content behind) {
  c.user = nullptr;
  metrics& counts = shared_.counts;
  ++counts.connections;
  if (group_->open.fetch_add(1, std::memory_order_relaxed) >= shared_.limits.connections) {
    group_->open.fetch_sub(1, std::memory_order_relaxed);
    ++counts.refused;
    ++counts.statuses[503];
    (void)c.send(as_bytes(kFull));
    c.close();
    return;
  }
  try {
    auto mine = std::make_unique<http_connection>(shared_, c, behind);
    mine->place = connections_.size();
    connections_.push_back(std::move(mine));
  } catch (const std::bad_alloc&) {
    ++counts.refused;
    group_->open.fetch_sub(1, std::memory_order_relaxed);
    c.abort();
    return;
  }
  c.user = connections_.back().get();
  counts.active = connections_.size();
}

void http_server::ready(connection& c) {
  auto* mine = static_cast<http_connection*>(c.user);
  if (mine == nullptr) return;
  try {
    follow();
    if (mine->advance()) return;
  } catch (const std::bad_alloc&) {
    mine->give_up();
  }
  remove(*mine);
}

std::string_view http_server::refusal() const { return kFull; }

std::optional<stream_limits> http_server::streams() const {
  const http_limits& l = shared_.limits;
  return stream_limits{l.connections, l.requests, std::uint64_t{l.idle_s} * 1'000'000'000};
}

void http_server::drain() {
  shared_.drains = true;
  shared_.drain_ns = shared_.platform->monotonic_ns();
  for (std::size_t i = connections_.size(); i-- > 0;) ready(connections_[i]->link());
}

void http_server::remove(http_connection& c) {
  const std::size_t place = c.place;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  connections_.pop_back();
  group_->open.fetch_sub(1, std::memory_order_relaxed);
  shared_.counts.active = connections_.size();
}

void http_server::tick() {
  look_at_clock();
  const std::uint64_t now = shared_.platform->monotonic_ns();
  for (std::size_t place = 0; place < group_->sites; ++place) {
    if (!old_[place].empty()) cut_off_old(place, now);
    if (const auto& s = mounted(place)) s->trim();
  }
  update_counts();
  for (std::size_t i = connections_.size(); i-- > 0;) {
    http_connection& c = *connections_[i];
    try {
      if (c.tick(now)) continue;
    } catch (const std::bad_alloc&) {
      c.give_up();
    }
    remove(c);
  }
}

}  // namespace docteur::cache_vm
