#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <vector>

#include "object/utf8.hpp"
#include "unikernel-example/application/cache_machine.hpp"
#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/media_types.hpp"
#include "unikernel-example/application/shell_session.hpp"
#include "unikernel-example/application/shell_words.hpp"
#include "unikernel-example/application/status.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kPiece = 4 << 10;  // bytes of output made at once

using arguments = std::span<const std::string>;

struct command {
  std::string_view name;
  std::string_view usage;
  std::string_view help;
  std::size_t least, most;  // arguments
  bool reads;               // content of the image, without waiting for its disk
  shell_output (*run)(cache_machine& machine, arguments a);
};

[[nodiscard]] std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

[[nodiscard]] shell_output text(std::string t) { return {std::move(t), nullptr}; }
[[nodiscard]] shell_output failed(std::string_view about, const error& e) {
  return text(terminal_line(about) + ": " + (is_absent(e) ? std::string(e.what) : to_text(e)) + "\n");
}
[[nodiscard]] shell_output no_image() { return text("no image is mounted\n"); }

[[nodiscard]] std::string date_text(std::int64_t seconds) { return std::string(format_http_date(seconds).view()); }

[[nodiscard]] std::string row(std::string_view label, std::string_view value) {
  std::string out(label);
  out.resize(std::max<std::size_t>(out.size() + 1, 20), ' ');
  return out.append(value).append("\n");
}
[[nodiscard]] std::string row(std::string_view label, std::uint64_t value) { return row(label, std::to_string(value)); }

shell_output do_ls(cache_machine& machine, arguments a) {
  const auto s = machine.http().mounted();
  if (!s) return no_image();
  const std::string path = a.empty() ? "" : a[0];
  const auto n = s->find(path);
  if (!n) return failed(path, n.error());
  if (n->kind != entry_kind::directory) return text(terminal_line(path) + "\n");
  const auto folder = s->folder(path);
  if (!folder) return failed(path, folder.error());
  auto list = s->snapshot().list(*folder);
  if (!list) return failed(path, list.error());
  auto entries = std::make_shared<directory_list>(std::move(*list));
  return {{}, [s, entries](std::string& out) {
            while (out.size() < kPiece) {
              const auto e = entries->next();
              if (!e) return shell_step::ended;
              out += terminal_line(e->name);
              if (e->node.kind == entry_kind::directory) out += '/';
              if (e->node.kind == entry_kind::symlink) out += '@';
              if (e->node.kind == entry_kind::executable) out += '*';
              out += '\n';
            }
            return shell_step::more;
          }};
}

// Prints the whole characters of `piece`, which is at `at` of `size` bytes. Returns how many bytes that were.
std::size_t show_piece(std::string& out, std::string_view piece, std::uint64_t at, std::uint64_t size) {
  std::size_t n = at + piece.size() < size ? whole_characters(piece) : piece.size();
  if (n == 0) n = piece.size();
  out += terminal_text(piece.substr(0, n));
  return n;
}

shell_output do_cat(cache_machine& machine, arguments a) {
  const auto s = machine.http().mounted();
  if (!s) return no_image();
  const auto n = s->find(a[0]);
  if (!n) return failed(a[0], n.error());
  if (!n->is_blob()) return text(terminal_line(a[0]) + ": not a file\n");
  const auto facts = s->facts(*n);
  if (!facts) return failed(a[0], facts.error());
  const object_facts f = **facts;
  if (f.size == 0) return {};
  auto buffer = std::make_shared<std::array<std::byte, kPiece>>();
  std::shared_ptr<body_source> source;
  if (f.streams) {
    auto opened = make_source(s, f, *buffer, false);
    if (!opened) return failed(a[0], opened.error());
    source = std::move(*opened);
  } else {
    auto content = s->whole(f, content_form::plain);
    if (!content) return failed(a[0], content.error());
    source = make_source(s, f, std::move(*content), *buffer, false);
  }
  return {{},
          [source, buffer, at = std::uint64_t{0}, size = f.size, &on = machine.platform()](std::string& out) mutable {
            const auto piece = source->read(at, kPiece);
            if (!piece) {
              if (!on.has_ticket()) out += to_text(piece.error()) + "\n";
              return shell_step::ended;
            }
            at += show_piece(out, as_text(*piece), at, size);
            return at < size ? shell_step::more : shell_step::ended;
          }};
}

shell_output do_stat(cache_machine& machine, arguments a) {
  const auto s = machine.http().mounted();
  if (!s) return no_image();
  const auto n = s->find(a[0]);
  if (!n) return failed(a[0], n.error());
  const auto id = s->snapshot().id(*n);
  if (!id) return failed(a[0], id.error());
  std::string out = row("kind", name(n->kind)) + row("object", hex(*id));
  if (n->kind == entry_kind::submodule) return text(out);
  const auto facts = s->facts(*n);
  if (!facts) return failed(a[0], facts.error());
  const object_facts& f = **facts;
  out += row("bytes", f.size) + row("PACK offset", s->image().offset(*n));
  if (n->is_blob()) {
    out += row("media type", media_of(a[0]).plain);
    out += row("deflated", f.deflate ? std::to_string(f.deflate->size) + " bytes, sent as stored" : "not as stored");
  }
  return text(out);
}

// ", mounted for www.example.org: COMMIT" for each site that the disk is mounted for.
[[nodiscard]] std::string mounts_of(cache_machine& machine, const disk& d) {
  std::string out;
  for (std::size_t place = 0; place < machine.sites().size(); ++place)
    if (const auto& s = machine.http().mounted(place); s && s->disk_name() == d.name)
      out += ", mounted" + machine.hosts_text(place) + ": " + hex(s->snapshot().commit_id());
  return out;
}

shell_output do_df(cache_machine& machine, arguments) {
  std::string out;
  for (const disk& d : machine.platform().disks()) {
    out += row(d.name, std::to_string(d.view.size) + " bytes" + mounts_of(machine, d) +
                           (d.fault.empty() ? "" : "; now: " + terminal_line(d.fault)));
  }
  return text(out.empty() ? "no disk\n" : out);
}

shell_output do_info(cache_machine& machine, arguments) {
  const auto& s = machine.http().mounted();
  if (!s) return no_image();
  const image& i = s->image();
  const commit_view& head = s->snapshot().commit();
  std::string out = row("disk", s->disk_name()) + row("commit", hex(i.commit_id())) + row("root", hex(head.tree)) +
                    row("author", terminal_line(head.author.name)) +
                    row("committed", date_text(head.committer.seconds)) + row("objects", i.index().count()) +
                    row("attached in us", s->shared().attach_ns / 1000) +
                    row("memory of paths", s->shared().attached_bytes());
  if (i.sections()) out += row("builder", terminal_line(i.sections()->builder_text()));
  return text(out + terminal_text(head.message));
}

// `begin`: mounts, and then calls its argument.
template <class F>
shell_output mount_aside(cache_machine& machine, F begin) {
  auto mounted = std::make_shared<std::optional<outcome<void>>>();
  begin([mounted, &machine](outcome<void> how) {
    *mounted = std::move(how);
    machine.tell_shells(shell_session::kAside);
  });
  return {{}, [mounted](std::string& out) {
            if (!*mounted) return shell_step::waits;
            out += (**mounted ? std::string("mounted") : (*mounted)->error().message) + "\n";
            return shell_step::ended;
          }};
}

shell_output do_mount(cache_machine& machine, arguments a) {
  return mount_aside(machine, [&](cache_machine::after_mount then) {
    machine.mount_aside(a.empty() ? std::string() : a[0], std::move(then));
  });
}

shell_output do_remount(cache_machine& machine, arguments) {
  if (!machine.is_any_mounted()) return no_image();
  return mount_aside(machine, [&](cache_machine::after_mount then) { machine.remount_aside(std::move(then)); });
}

shell_output do_umount(cache_machine& machine, arguments) {
  if (!machine.is_any_mounted()) return no_image();
  machine.unmount();
  return text("nothing is mounted; requests are answered 503\n");
}

shell_output do_prefetch(cache_machine& machine, arguments) {
  if (!machine.is_any_mounted()) return no_image();
  machine.start_prefetch();
  return text("started; see cache\n");
}

shell_output do_flush(cache_machine& machine, arguments) {
  if (!machine.is_any_mounted()) return no_image();
  machine.flush();
  return text("");
}

shell_output do_cache(cache_machine& machine, arguments) {
  const auto& s = machine.http().mounted();
  if (!s) return no_image();
  const auto c = s->cache().count();
  metrics m;
  machine.sum_counts(0, m);
  return text(row("content", std::to_string(c.used) + " of " + std::to_string(s->cache().capacity()) + " bytes, " +
                                 std::to_string(c.items) + " items") +
              row("hits", c.hits) + row("misses", c.misses) +
              row("bases of deltas", std::to_string(m.bases_used) + " of " +
                                         std::to_string(s->shared().options().cache_bytes / 4) + " bytes") +
              row("hits", m.bases_hits) + row("misses", m.bases_misses) +
              row("prefetch", std::to_string(machine.prefetch().files()) +
                                  (machine.prefetch().is_running() ? " files so far" : " files")));
}

shell_output do_stats(cache_machine& machine, arguments) { return text(metrics_text(machine, 0)); }

shell_output do_http(cache_machine& machine, arguments) {
  metrics m;
  machine.sum_counts(0, m);
  std::string out =
      row("connections", std::to_string(m.active) + " of " + std::to_string(machine.http().limits().connections)) +
      row("accepted", m.connections) + row("refused", m.refused) + row("timed out", m.timed_out) +
      row("aborted", m.aborted) + row("requests", m.requests) + row("bytes of content", m.body_bytes) +
      row("sent as stored", m.deflated) + row("sent as gzip", m.gzipped) + row("gzip was made", m.made) +
      row("with dictionary", m.with_dictionary) + row("coded beside", m.beside) + row("faults", m.faults);
  for (std::size_t i = 0; i < m.statuses.size(); ++i)
    if (m.statuses[i] > 0) out += row("status " + std::to_string(i), m.statuses[i]);
  return text(out);
}

shell_output do_net(cache_machine& machine, arguments) { return text(machine.platform().network_status() + "\n"); }

shell_output do_uptime(cache_machine& machine, arguments) {
  return text(duration_text(machine.platform().monotonic_ns() - machine.started_ns()) + "\n");
}

shell_output do_date(cache_machine& machine, arguments) {
  const auto now = machine.platform().wall_clock();
  return text(now ? date_text(*now) + "\n" : "not known\n");
}

shell_output do_free(cache_machine& machine, arguments) {
  const memory_use m = machine.platform().memory();
  return text(row("total", m.total) + row("used", m.used) + row("free", m.total - std::min(m.total, m.used)));
}

shell_output do_log(cache_machine& machine, arguments) {
  std::string out;
  const std::uint64_t start = machine.started_ns();
  for (const auto& l : machine.log().lines()) {
    std::array<char, 32> at;
    std::snprintf(at.data(), at.size(), "%10.3f ", static_cast<double>(l.at_ns - std::min(l.at_ns, start)) / 1e9);
    out += at.data() + terminal_line(l.text) + "\n";
  }
  return text(out);
}

shell_output do_exit(cache_machine&, arguments) { return {{}, nullptr, true}; }

shell_output do_halt(cache_machine& machine, arguments) {
  machine.platform().stop(ending::halt);
  return {"halting\n", nullptr, true};
}

shell_output do_reboot(cache_machine& machine, arguments) {
  machine.platform().stop(ending::reboot);
  return {"rebooting\n", nullptr, true};
}

shell_output do_help(cache_machine&, arguments);

constexpr std::array kCommands{
    command{"help", "", "print this", 0, 0, false, do_help},
    command{"ls", "[PATH]", "list a directory", 0, 1, true, do_ls},
    command{"cat", "PATH", "print a file", 1, 1, true, do_cat},
    command{"stat", "PATH", "describe a path", 1, 1, true, do_stat},
    command{"df", "", "list the disks", 0, 0, false, do_df},
    command{"info", "", "describe the mounted image", 0, 0, false, do_info},
    command{"mount", "[DISK]", "attach the image on a disk, then serve it", 0, 1, false, do_mount},
    command{"umount", "", "serve nothing", 0, 0, false, do_umount},
    command{"remount", "", "mount the same disks again after they were rewritten", 0, 0, false, do_remount},
    command{"prefetch", "", "read all files into the cache", 0, 0, false, do_prefetch},
    command{"flush", "", "empty the caches", 0, 0, false, do_flush},
    command{"cache", "", "show the caches", 0, 0, false, do_cache},
    command{"stats", "", "show all counters", 0, 0, false, do_stats},
    command{"http", "", "count clients and responses", 0, 0, false, do_http},
    command{"net", "", "show the network", 0, 0, false, do_net},
    command{"uptime", "", "show the time since the start", 0, 0, false, do_uptime},
    command{"date", "", "show the date and time", 0, 0, false, do_date},
    command{"free", "", "show the memory", 0, 0, false, do_free},
    command{"log", "", "show the latest events", 0, 0, false, do_log},
    command{"exit", "", "end this session", 0, 0, false, do_exit},
    command{"halt", "", "switch off", 0, 0, false, do_halt},
    command{"reboot", "", "restart", 0, 0, false, do_reboot},
};

shell_output do_help(cache_machine&, arguments) {
  std::string out;
  for (const command& c : kCommands)
    out += row(std::string(c.name) + (c.usage.empty() ? "" : " ") + std::string(c.usage), c.help);
  out.append("\nOptions, words of a guest's command line; docteur-cache takes them as --KEY VALUE:\n")
      .append(words_help());
  return text(std::move(out));
}

}  // namespace

shell_output run_shell_command(cache_machine& machine, std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  if (words.empty()) return {};
  const auto* c = std::ranges::find(kCommands, words[0], &command::name);
  if (c == kCommands.end()) return text(terminal_line(words[0]) + ": no such command (see help)\n");
  const arguments a = arguments(words).subspan(1);
  if (a.size() < c->least || a.size() > c->most)
    return text("usage: " + std::string(c->name) + " " + std::string(c->usage) + "\n");
  try {
    if (!c->reads) return c->run(machine, a);
    const no_waiting here(machine.platform());
    shell_output out = c->run(machine, a);
    out.waits_for = machine.platform().take_ticket();
    return out;
  } catch (const std::bad_alloc&) {
    (void)machine.platform().take_ticket();
    return text("out of memory\n");
  }
}

}  // namespace docteur::cache_vm
