// docteur-cache: serves an image by HTTP, as an ordinary process.

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "cli/common.hpp"
#include "cli/signal_watch.hpp"
#include "cli/whole_file.hpp"
#include "host/image_digests.hpp"
#include "unikernel-example/platform/entry.hpp"
#include "unikernel-example/platform/linux/linux_platform.hpp"
#include "unikernel-example/platform/linux/server_signals.hpp"
#include "unikernel-example/platform/linux/surroundings.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr const char* kProgram = "docteur-cache";

// Many clients wait at once.
[[nodiscard]] remote_options of_server() {
  remote_options remote;
  remote.http.connections = 16;
  return remote;
}

struct options {
  std::vector<std::string> images;
  std::vector<std::string> digests;
  std::vector<std::string> sites;
  std::string listen = "127.0.0.1:8080";
  unsigned threads = 0;  // 0: one for each processor
  bool console = false;
  std::string record;  // a file for the list of the blocks that were read; empty: none
  std::string access_log, access_format = "combined", proxy_from, http2 = "on";
  unsigned socket_mode = 0666;
  remote_options remote = of_server();
  // Values of the application's words; empty if not given.
  std::string shell, disk, cache, connections, dictionaries, drain, git, header_bytes, header_fields, host, html, idle,
      objects, proofs, ranges, requests, rules, stall, show, status, time_out;
  bool beside = false;
  bool keep_alive = false;
  bool listing = false;
  bool versions = false;
  bool prefetch = false;
};

// The same words as on a guest's command line.
[[nodiscard]] std::vector<std::string> words_of(const options& o) {
  std::vector<std::string> words{"listen=" + o.listen};
  const auto add = [&words](const char* key, const std::string& value) {
    if (!value.empty()) words.push_back(std::string(key) + "=" + value);
  };
  add("shell", o.shell);
  add("disk", o.disk);
  for (const std::string& digest : o.digests) add("digest", digest);
  for (const std::string& site : o.sites) add("site", site);
  add("cache", o.cache);
  add("connections", o.connections);
  add("dictionaries", o.dictionaries);
  add("drain", o.drain);
  add("git", o.git);
  add("header-bytes", o.header_bytes);
  add("header-fields", o.header_fields);
  add("host", o.host);
  add("html", o.html);
  add("idle", o.idle);
  add("objects", o.objects);
  add("proofs", o.proofs);
  add("ranges", o.ranges);
  add("requests", o.requests);
  add("rules", o.rules);
  add("show", o.show);
  add("status", o.status);
  add("time-out", o.time_out);
  add("stall", o.stall);
  if (o.beside) words.emplace_back("beside");
  if (o.keep_alive) words.emplace_back("keep-alive");
  if (o.listing) words.emplace_back("listing");
  if (o.versions) words.emplace_back("versions");
  if (o.prefetch) words.emplace_back("prefetch");
  return words;
}

[[nodiscard]] line_format format_of(const std::string& name) {
  if (name == "json") return line_format::json;
  return name == "common" ? line_format::common : line_format::combined;
}

// A mode in octal, as a decimal number.
outcome<std::string> mode_in_octal(const std::string& text) {
  unsigned mode = 0;
  const char* const end = text.data() + text.size();
  if (const auto [last, error] = std::from_chars(text.data(), end, mode, 8);
      error != std::errc() || last != end || mode > 0777)
    return give_up(blame::usage, "not a mode in octal: " + text);
  return std::to_string(mode);
}

// "NAME=IMAGE" becomes "NAME=DISK": an image that is not among the others is a further disk.
void number_images(options& o) {
  for (std::string& site : o.sites) {
    const std::size_t equals = site.find('=');
    if (equals == std::string::npos) continue;  // parse_words() refuses it
    const std::string image = site.substr(equals + 1);
    if (image.find_first_not_of("0123456789") == std::string::npos) continue;
    auto at = std::ranges::find(o.images, image);
    if (at == o.images.end()) at = o.images.insert(at, image);
    site.replace(equals + 1, std::string::npos, std::to_string(at - o.images.begin()));
  }
}

outcome<void> serve(options o) {
  number_images(o);
  // With --show it is an ordinary command.
  std::optional<cli::signal_watch> of_command;
  std::optional<server_signals> of_server;
  if (o.show.empty()) {
    of_server.emplace();
  } else {
    of_command.emplace();
  }
  for (const std::string& text : o.digests) DOCTEUR_CHECK(parse_digest(text, "--digest"));
  if (!o.record.empty()) DOCTEUR_CHECK(cli::check_whole_file(o.record));
  const std::size_t threads = o.threads > 0 ? o.threads : o.show.empty() ? processors() : 1;
  DOCTEUR_TRY(log, log_place::parse(o.show.empty() ? o.access_log : std::string()));
  DOCTEUR_TRY(proxies, proxy_peers::parse(o.proxy_from));
  DOCTEUR_TRY(platform, linux_platform::make({o.images, o.remote, threads,
                                              o.console || (o.show.empty() && ::isatty(STDIN_FILENO) != 0),
                                              std::move(log), format_of(o.access_format), o.socket_mode,
                                              std::move(proxies), o.http2 == "on", !o.record.empty()}));
  const std::vector<std::string> words = words_of(o);
  const std::vector<std::string_view> views(words.begin(), words.end());
  const int status = start(*platform, views);
  if (status == 0 && !o.show.empty() && platform->output_error() != 0)
    return give_up(blame::environment, std::string("stdout: ") + std::strerror(platform->output_error()));
  if (status == 0 && !o.record.empty()) {
    DOCTEUR_TRY(list, platform->recorded());
    return cli::write_whole_file(o.record, list);
  }
  if (status == 0) return {};
  return give_up(static_cast<blame>(status), "");  // start() has printed the reason
}

// What is served, where, and to whom.
void add_service_options(cli::command_line& app, options& o) {
  app.add_option("image", o.images, "images: files, block devices or URLs, the disks 0, 1, ...").required();
  app.add_option("-l,--listen", o.listen, "[ADDRESS:]PORT, unix:SOCKET or systemd for HTTP (127.0.0.1:8080)");
  app.add_option("--shell", o.shell, "[ADDRESS:]PORT for a shell (off)");
  app.add_option("--disk", o.disk, "disk to mount first, or none (0)");
  app.add_option("--digest", o.digests, "only images of these digests, sha256:HEX; each block that is read is compared")
      .one_at_a_time();
  app.add_option("--site", o.sites,
                 "NAME[,NAME]=IMAGE: this image, or disk, for requests for these hosts, *.NAME for all below NAME")
      .one_at_a_time();
  app.add_option("--cache", o.cache, "bytes of memory for content (64 MiB, or a quarter of the memory)");
  app.add_option("--threads", o.threads, "threads that serve clients (one for each processor)").in_range(1, 1024);
  app.add_option("--access-log", o.access_log,
                 "a file, - (standard output), stderr, syslog or syslog:SOCKET for a line of each request; reopened on "
                 "SIGUSR1 (off)");
  app.add_option("--access-log-format", o.access_format, "common, combined or json (combined)")
      .one_of({"common", "combined", "json"});
  app.add_option("--connections", o.connections, "clients at once (1024)");
  app.add_option("--dictionaries", o.dictionaries,
                 "seconds for which browsers keep text as dictionaries of its newer versions (0: off)");
  app.add_option("--drain", o.drain, "seconds to finish responses after SIGTERM or SIGINT (10)");
  app.add_option("--git", o.git, "on, off or /PREFIX: git clone http://HOST/, or http://HOST/PREFIX (as --objects)");
  app.add_option("--host", o.host, "NAME[,NAME] of this server, for /.docteur/; addresses and localhost always count");
  app.add_option("--http2", o.http2, "on or off: connections may speak HTTP/2 from their first byte, without TLS (on)")
      .one_of({"on", "off"});
  app.add_option("--html", o.html,
                 "on, off or redirect: /page is page.html if there is no page; redirect: /page.html leads there (on)");
  app.add_option("--objects", o.objects, "on or off: /@oid/, any object by its id (on)");
  app.add_option("--proofs", o.proofs, "on or off: /.docteur/proof/PATH, proofs of files (as --objects)");
  app.add_option("--status", o.status, "on, off or [ADDRESS:]PORT: /.docteur/, status and metrics (on)");
}

// What a client may ask for, and how long it may take.
void add_limit_options(cli::command_line& app, options& o) {
  app.add_option("--requests", o.requests, "requests on one connection (10000)");
  app.add_option("--rules", o.rules, "on or off: files _headers and _redirects are rules, and not served (on)");
  app.add_option("--time-out", o.time_out,
                 "seconds to receive a request's head (15), and for a client to read 1 KiB (30)");
  app.add_option("--idle", o.idle, "seconds between two requests (75)");
  app.add_flag("--keep-alive", o.keep_alive, "tell clients the idle time by the field Keep-Alive");
  app.add_option("--stall", o.stall, "seconds for a client to read 1 KiB (as --time-out)");
  app.add_option("--header-bytes", o.header_bytes, "bytes of a request's head (32768)");
  app.add_option("--header-fields", o.header_fields, "fields of a request's head (256)");
  app.add_option("--ranges", o.ranges, "ranges in one request; one with more gets the whole file (1024)");
}

// How images are read, and what is done with their files.
void add_image_options(cli::command_line& app, options& o) {
  app.add_option("--ca-file", o.remote.http.ca_file,
                 "authorities that https servers of images are checked with, in PEM");
  app.add_option("--token-file", o.remote.http.token_file, "a file with the bearer token that such a server asks for");
  app.add_flag("--netrc", o.remote.http.netrc, "take user and password for it from ~/.netrc");
  app.add_flag("--plain-http", o.remote.http.plain_http, "ask registries by http");
  app.add_option("--image-cache", o.remote.cache,
                 "keep what is read of images in this folder (for URLs: ~/.cache/docteur/images)")
      .excludes(app.add_flag("--no-image-cache", o.remote.no_cache, "keep nothing"));
  app.add_option("--record", o.record, "write the list of the blocks of disk 0 that were read to this file at the end");
  app.add_option("--proxy-from", o.proxy_from,
                 "ADDRESS[/BITS][,...] or unix: peers whose connections begin with a head of the PROXY protocol");
  app.add_option("--socket-mode", o.socket_mode, "permissions of unix:SOCKET, in octal (0666)")
      .rewritten(mode_in_octal);
  app.add_flag("--beside", o.beside, "send FILE.br, FILE.zst and FILE.gz as coded forms of FILE");
  app.add_flag("--listing", o.listing, "list directories without index.html");
  app.add_flag("--versions", o.versions,
               "serve each version of the image as /NAME/PATH, and a page and versions.json of them at /");
  app.add_flag("--prefetch", o.prefetch, "read all files into the cache, as far as they fit");
  app.add_option("--show", o.show, "print this file and exit");
  app.add_flag("--console", o.console, "read shell commands from standard input even if it is not a terminal");
}

}  // namespace
}  // namespace docteur::cache_vm::on_linux

int main(int argc, char** argv) {
  using namespace docteur::cache_vm::on_linux;
  docteur::cli::command_line app("Serves an image by HTTP.", kProgram);
  options o;
  add_service_options(app, o);
  add_limit_options(app, o);
  add_image_options(app, o);
  app.add_version_flag(DOCTEUR_VERSION);
  const int status = docteur::cli::run(app, argc, argv, [&] { return serve(o); });
  // Nothing can interrupt a read of a slow disk, and nobody waits for it any more.
  if (waiting_disk::is_any_reading()) ::_exit(status);
  return status;
}
