#include "unikernel-example/application/status.hpp"

#include <array>

#include "host/image_digests.hpp"
#include "unikernel-example/application/cache_machine.hpp"
#include "unikernel-example/application/markup.hpp"

namespace docteur::cache_vm {
namespace {

[[nodiscard]] std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

// Members of a JSON object, in the order they are added.
class members {
 public:
  members& raw(std::string_view key, std::string_view value) {
    if (!text_.empty()) text_ += ',';
    text_.append(1, '"').append(key).append("\":").append(value);
    return *this;
  }
  members& text(std::string_view key, std::string_view value) { return raw(key, json_text(value)); }
  members& number(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  [[nodiscard]] std::string object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

// The reference that the image's commit was asked for by, if the image says.
[[nodiscard]] std::string reference_json(const mounted_image& s) {
  const version_list& list = s.versions().list();
  return list.empty() || list[0].reference.empty() ? "null" : json_text(list[0].reference);
}

// What the files _headers and _redirects of the image's commit say, and which of their lines are wrong.
[[nodiscard]] std::string rules_json(const version_rules* rules) {
  if (rules == nullptr) return "null";
  std::string faults;
  for (const rule_fault& f : rules->faults.kept())
    faults += (faults.empty() ? "" : ",") +
              members().text("file", f.file).number("line", f.line).text("reason", f.what).object();
  return members()
      .number("header_paths", rules->headers.size())
      .number("redirects", rules->redirects.size())
      .number("wrong_lines", rules->faults.count())
      .raw("faults", "[" + faults + "]")
      .object();
}

[[nodiscard]] std::string image_json(const mounted_image& s) {
  const image& i = s.image();
  const commit_view& head = s.snapshot().commit();
  std::string_view message = head.message;
  while (!message.empty() && message[0] == '\n') message.remove_prefix(1);
  return members()
      .text("disk", s.disk_name())
      .text("commit", hex(i.commit_id()))
      .text("root", hex(head.tree))
      .raw("ref", reference_json(s))
      .raw("versions", s.versions().list().empty() ? "[]" : versions_json(s.versions().list()))
      .text("author", head.author.name)
      .raw("committed", std::to_string(head.committer.seconds))
      .text("subject", message.substr(0, message.find('\n')))
      .raw("digest", s.digest() ? json_text(digest_text(*s.digest())) : "null")
      .text("builder", i.sections() ? i.sections()->builder_text() : std::string_view())
      .number("objects", i.index().count())
      .number("device_bytes", i.disk().size)
      .number("index_memory_bytes", s.attached_bytes())
      .number("attach_us", s.attach_ns / 1000)
      .raw("rules", rules_json(s.versions().first()->rules.get()))
      .object();
}

// The sites that have names.
[[nodiscard]] std::string sites_json(cache_machine& machine, http_server& server) {
  std::string all;
  for (std::size_t place = 0; place < machine.sites().size(); ++place) {
    std::string hosts;
    for (const std::string& host : machine.sites()[place].hosts) hosts += (hosts.empty() ? "" : ",") + json_text(host);
    if (hosts.empty()) continue;
    const auto& s = server.mounted(place);
    all += (all.empty() ? "" : ",") +
           members().raw("hosts", "[" + hosts + "]").raw("image", s ? image_json(s->shared()) : "null").object();
  }
  return "[" + all + "]";
}

// Of all sites.
struct cache_sums {
  std::uint64_t capacity = 0, in_memory = 0;
  content_cache::counters count{};
};

[[nodiscard]] cache_sums sum_caches(cache_machine& machine, http_server& server) {
  cache_sums sum;
  for (std::size_t place = 0; place < machine.sites().size(); ++place) {
    const auto& s = server.mounted(place);
    if (!s) continue;
    const auto c = s->cache().count();
    sum.capacity += s->cache().capacity();
    sum.in_memory += s->live_bytes();
    sum.count.used += c.used;
    sum.count.items += c.items;
    sum.count.hits += c.hits;
    sum.count.misses += c.misses;
  }
  return sum;
}

[[nodiscard]] std::string cache_json(const cache_sums& c, const metrics& m) {
  return members()
      .number("capacity_bytes", c.capacity)
      .number("used_bytes", c.count.used)
      .number("items", c.count.items)
      .number("hits", c.count.hits)
      .number("misses", c.count.misses)
      .number("in_memory_bytes", c.in_memory)
      .number("taken_from_slow", m.taken)
      .number("bases_used_bytes", m.bases_used)
      .number("bases_hits", m.bases_hits)
      .number("bases_misses", m.bases_misses)
      .object();
}

[[nodiscard]] std::string requests_by_thread(cache_machine& machine) {
  std::string all;
  for (std::size_t i = 0; i < machine.platform().loops(); ++i)
    all += (i == 0 ? "" : ",") + std::to_string(machine.http(i).counts().requests);
  return "[" + all + "]";
}

[[nodiscard]] std::string log_json(const request_log* log) {
  return log == nullptr ? "null" : members().number("lines", log->lines()).number("lost", log->lost()).object();
}

[[nodiscard]] std::string latency_json(const histogram& h) {
  std::string counts;
  for (const std::uint64_t n : h.buckets()) counts += (counts.empty() ? "" : ",") + std::to_string(n);
  return members()
      .number("count", h.count())
      .number("sum_us", h.sum_ns() / 1000)
      .raw("below_powers_of_two_us", "[" + counts + "]")
      .object();
}

class prometheus {
 public:
  prometheus& family(std::string_view name, std::string_view kind, std::string_view help) {
    name_ = name;
    text_.append("# HELP docteur_").append(name).append(1, ' ').append(help).append(1, '\n');
    text_.append("# TYPE docteur_").append(name).append(1, ' ').append(kind).append(1, '\n');
    return *this;
  }
  prometheus& sample(std::string_view labels, std::string_view value, std::string_view suffix = {}) {
    text_.append("docteur_").append(name_).append(suffix).append(labels).append(1, ' ').append(value).append(1, '\n');
    return *this;
  }
  prometheus& one(std::string_view name, std::string_view kind, std::string_view help, std::uint64_t value) {
    return family(name, kind, help).sample({}, std::to_string(value));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string_view name_;
};

// "0.000128" of 128 us.
[[nodiscard]] std::string seconds_text(std::uint64_t us) {
  const std::string rest = std::to_string(us % 1'000'000);
  return std::to_string(us / 1'000'000) + "." + std::string(6 - rest.size(), '0') + rest;
}

}  // namespace

std::string status_json(cache_machine& machine, std::size_t loop) {
  metrics m;
  machine.sum_counts(loop, m);
  const memory_use memory = machine.platform().memory();
  std::string statuses;
  for (std::size_t i = 0; i < m.statuses.size(); ++i)
    if (m.statuses[i] > 0)
      statuses += (statuses.empty() ? "\"" : ",\"") + std::to_string(i) + "\":" + std::to_string(m.statuses[i]);
  http_server& server = machine.http(loop);
  members out;
  out.text("platform", machine.platform().name())
      .number("uptime_ms", (machine.platform().monotonic_ns() - machine.started_ns()) / 1'000'000)
      .number("threads", machine.platform().loops())
      .raw("image", server.mounted() ? image_json(server.mounted()->shared()) : "null")
      .raw("sites", sites_json(machine, server))
      .raw("cache", machine.is_any_mounted(loop) ? cache_json(sum_caches(machine, server), m) : "null")
      .raw("memory", members().number("total_bytes", memory.total).number("used_bytes", memory.used).object())
      .raw("connections", members()
                              .number("active", m.active)
                              .number("accepted", m.connections)
                              .number("refused", m.refused)
                              .number("timed_out", m.timed_out)
                              .number("aborted", m.aborted)
                              .number("limit", machine.http().limits().connections)
                              .object())
      .number("requests", m.requests)
      .number("body_bytes", m.body_bytes)
      .number("deflate_from_pack", m.deflated)
      .number("packs", m.packs)
      .number("gzip_from_pack", m.gzipped)
      .number("gzip_made", m.made)
      .number("dcz_made", m.with_dictionary)
      .number("coded_beside", m.beside)
      .raw("access_log", log_json(machine.platform().requests()))
      .number("faults", m.faults)
      .number("disk_waits", m.disk_waits)
      .raw("requests_by_thread", requests_by_thread(machine))
      .raw("prefetch", members()
                           .raw("running", machine.prefetch().is_running() ? "true" : "false")
                           .number("files", machine.prefetch().files())
                           .object())
      .raw("statuses", "{" + statuses + "}")
      .raw("latency", latency_json(m.latency));
  return out.object() + "\n";
}

namespace {

void add_images(prometheus& p, cache_machine& machine, http_server& server) {
  p.family("image_info", "gauge", "The mounted images, 1 for each; 0 when there is none.");
  for (std::size_t place = 0; place < machine.sites().size(); ++place)
    if (const auto& s = server.mounted(place))
      p.sample("{commit=\"" + hex(s->snapshot().commit_id()) + "\",root=\"" + hex(s->snapshot().commit().tree) +
                   "\",disk=" + json_text(s->disk_name()) +
                   (place > 0 ? ",site=\"" + std::to_string(place) + "\"" : "") + "}",
               "1");
}

void add_latency(prometheus& p, const histogram& latency) {
  p.family("response_seconds", "histogram", "Time from a complete request to the last byte passed to the network.");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 1 < histogram::kBuckets; ++i) {
    sum += latency.buckets()[i];
    p.sample("{le=\"" + seconds_text(std::uint64_t{1} << i) + "\"}", std::to_string(sum), "_bucket");
  }
  p.sample("{le=\"+Inf\"}", std::to_string(latency.count()), "_bucket");
  p.sample({}, seconds_text(latency.sum_ns() / 1000), "_sum");
  p.sample({}, std::to_string(latency.count()), "_count");
}

}  // namespace

std::string metrics_text(cache_machine& machine, std::size_t loop) {
  metrics m;
  machine.sum_counts(loop, m);
  const memory_use memory = machine.platform().memory();
  prometheus p;
  http_server& server = machine.http(loop);
  add_images(p, machine, server);
  if (machine.is_any_mounted(loop)) {
    const cache_sums c = sum_caches(machine, server);
    p.one("cache_hits_total", "counter", "Content found in the cache.", c.count.hits);
    p.one("cache_misses_total", "counter", "Content that had to be read.", c.count.misses);
    p.one("cache_used_bytes", "gauge", "Content kept.", c.count.used);
    p.one("content_in_memory_bytes", "gauge", "Content kept or being sent.", c.in_memory);
    p.one("content_taken_from_slow_total", "counter", "Contents taken from slow clients.", m.taken);
    p.one("cache_capacity_bytes", "gauge", "Content that may be kept.", c.capacity);
  } else {
    p.sample({}, "0");
  }
  p.family("uptime_seconds", "gauge", "Time since the start.")
      .sample({}, seconds_text((machine.platform().monotonic_ns() - machine.started_ns()) / 1000));
  p.one("memory_used_bytes", "gauge", "Memory in use.", memory.used);
  p.one("memory_total_bytes", "gauge", "Total memory.", memory.total);
  p.one("connections", "gauge", "Clients connected.", m.active);
  p.one("connections_accepted_total", "counter", "Connections accepted.", m.connections);
  p.one("connections_refused_total", "counter", "Connections over the limit.", m.refused);
  p.one("connections_timed_out_total", "counter", "Connections closed because they were too slow.", m.timed_out);
  p.one("responses_aborted_total", "counter", "Responses that were cut off.", m.aborted);
  p.one("body_bytes_total", "counter", "Bytes of content passed to the network.", m.body_bytes);
  p.one("deflate_from_pack_total", "counter", "Responses sent as stored in the PACK.", m.deflated);
  p.one("packs_total", "counter", "PACKs sent to clients of Git.", m.packs);
  p.one("gzip_from_pack_total", "counter", "Responses sent as gzip of streams of the PACK.", m.gzipped);
  p.one("gzip_made_total", "counter", "Responses sent as gzip that was made of content.", m.made);
  p.one("dcz_made_total", "counter", "Responses coded with a dictionary that the client had.", m.with_dictionary);
  p.one("coded_beside_total", "counter", "Responses for which a coded file beside was sent.", m.beside);
  if (const request_log* log = machine.platform().requests()) {
    p.one("access_log_lines_total", "counter", "Requests recorded in the access log.", log->lines());
    p.one("access_log_lost_total", "counter", "Requests missing from the access log.", log->lost());
  }
  p.one("faults_total", "counter", "Faults of the image or its disk.", m.faults);
  p.one("disk_waits_total", "counter", "Times that a response waited, for the disk or to be coded.", m.disk_waits);
  p.family("thread_requests_total", "counter", "Requests by the thread that answered them.");
  for (std::size_t i = 0; i < machine.platform().loops(); ++i)
    p.sample("{thread=\"" + std::to_string(i) + "\"}", std::to_string(machine.http(i).counts().requests));
  p.family("responses_total", "counter", "Responses by status.");
  for (std::size_t i = 0; i < m.statuses.size(); ++i)
    if (m.statuses[i] > 0) p.sample("{status=\"" + std::to_string(i) + "\"}", std::to_string(m.statuses[i]));
  add_latency(p, m.latency);
  return p.take();
}

}  // namespace docteur::cache_vm
