// docteur-fetch: a whole image from a server.

#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/json.hpp"
#include "cli/progress_line.hpp"
#include "cli/remote_options.hpp"
#include "cli/say_faults.hpp"
#include "cli/signal_watch.hpp"
#include "cli/verified_download.hpp"
#include "host/file_device.hpp"
#include "remote/http_access.hpp"
#include "remote/image_download.hpp"
#include "update/image_update.hpp"
#include "update/pack_update.hpp"
#include "verify/verify.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-fetch";

struct fetch_options {
  std::string url;
  std::string file;
  std::optional<std::string> from;
  std::optional<std::string> digest;
  bool no_verify = false;
  unsigned threads = 0;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  std::string progress;
  http_options http;
};

void add_options(command_line& app, fetch_options& opt) {
  app.add_option("url", opt.url, "the image's address (http, https, oci)").required();
  app.add_option("file", opt.file, "the file to write").required();
  app.add_option("--from", opt.from,
                 "an older image, whose parts are used: the server sends little more than the others");
  const option digest = app.add_option(
      "--digest", opt.digest, "only the image of this digest, sha256:HEX; its blocks are compared as they come");
  app.add_flag("--no-verify", opt.no_verify, "do not check the image before it gets its name").excludes(digest);
  add_http_options(app, opt.http);
  app.add_option("--threads", opt.threads, "threads for the check (default: 0, one for each core)").in_range(0, 1024);
  app.add_flag("-q,--quiet", opt.quiet, "print errors only");
  app.add_flag("-v,--verbose", opt.verbose, "print how many requests there were, and the image's version");
  add_progress_option(app, opt.progress);
  app.add_flag("--json", opt.json, "print what was fetched as one JSON object");
  app.add_version_flag(DOCTEUR_VERSION);
}

// Gets what is missing and checks all of it as docteur-verify does, side by side. A file that is not good is of no use
// to the next run either.
outcome<void> run_checked(image_download& download, const fetch_options& opt, progress_line& line) {
  verify_options options;
  options.threads = threads_beside_download(opt.threads);
  const auto verify = [&](const device& image, progress& own) { return verify_image(image, options, own); };
  DOCTEUR_TRY(found, run_verified(download, verify, line));
  line.clear();
  const std::string shown = shown_image(opt.url);
  if (found.good() && download.demanded_digest() && found.digest != download.demanded_digest()) {
    download.file().discard();
    return give_up(blame::input,
                   shown + ": not the image of the digest that the manifest names; nothing of it is kept");
  }
  if (found.good()) return {};
  download.file().discard();
  say_faults(kProgram, found, shown);
  return give_up(blame::input, shown + ": not a good image; nothing of it is kept");
}

// Gets what is missing, and checks it as the options say.
outcome<void> run(image_download& download, const fetch_options& opt, const std::optional<oid>& pin,
                  progress_line& line) {
  if (!pin && !opt.no_verify) return run_checked(download, opt, line);
  if (pin) download.hash_blocks();
  DOCTEUR_CHECK(download.run(line));
  return pin ? download.compare(*pin, shown_image(opt.url), line) : outcome<void>();
}

// "9.1 MB"
std::string megabytes(std::uint64_t n) {
  const std::uint64_t tenths = (n + 50'000) / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

// Bytes that an earlier run had fetched, of the image or of the pack.
std::uint64_t resumed_bytes(const image_download& download, const update_report& update) {
  return update.way != update_way::whole ? update.resumed_bytes : download.resumed_bytes();
}

// With those for an update pack.
http_counters all_counters(const image_download& download, const update_report& update) {
  http_counters n = download.counters();
  n.requests += update.pack_counters.requests;
  n.bytes += update.pack_counters.bytes;
  n.retries += update.pack_counters.retries;
  return n;
}

const char* word_of(update_way way) {
  switch (way) {
    case update_way::pack: return "pack";
    case update_way::ranges: return "ranges";
    case update_way::whole: break;
  }
  return "whole";
}

std::string phrase_of(update_way way) {
  switch (way) {
    case update_way::pack: return ", by an update pack";
    case update_way::ranges: return ", by ranges";
    case update_way::whole: break;
  }
  return ", as a whole";
}

void print_summary_line(const image_download& download, const update_report& update, const fetch_options& opt) {
  const std::string file = printable(opt.file);
  const std::uint64_t resumed = resumed_bytes(download, update);
  say(kProgram, file + ": " + std::to_string(download.size()) + " bytes" +
                    (resumed > 0 ? ", " + std::to_string(resumed) + " of them were there" : "") +
                    (opt.digest      ? ", all of this digest"
                     : opt.no_verify ? ", not verified"
                                     : ", verified"));
  const http_counters n = all_counters(download, update);
  if (opt.from)
    say(kProgram, file + ": moved " + megabytes(n.bytes) + " of " + megabytes(download.size()) + " in " +
                      std::to_string(n.requests) + " requests" + phrase_of(update.way));
  if (!opt.verbose) return;
  say(kProgram, file + ": version " + download.identity());
  say(kProgram, file + ": " + std::to_string(n.requests) + " requests, " + std::to_string(n.bytes) + " bytes, " +
                    std::to_string(n.retries) + " of the requests were repeated");
  if (!update.no_pack.empty()) say(kProgram, "note: no update pack: " + update.no_pack);
  if (!download.last_failure().empty()) say(kProgram, "note: " + download.last_failure());
}

outcome<void> print_json(const image_download& download, const update_report& update, const fetch_options& opt) {
  const http_counters n = all_counters(download, update);
  json_object o;
  o.add_bytes("file", opt.file)
      .add("image_bytes", download.size())
      .add("resumed_bytes", resumed_bytes(download, update));
  o.add("version", download.identity()).add("verified", !opt.no_verify);
  o.add("requests", n.requests).add("received_bytes", n.bytes).add("retries", n.retries);
  if (opt.from)
    o.add("way", word_of(update.way)).add("reused_bytes", update.reused_bytes).add("remade_bytes", update.remade_bytes);
  if (update.way == update_way::pack) o.add("pack_bytes", update.pack_bytes);
  bool pipe_closed = false;
  return write_out(as_bytes(o.text() + "\n"), pipe_closed);
}

failure with_hint(failure why) {
  why.message += "; what came is kept, and the same command goes on from there";
  return why;
}

// Takes what it can from the older image; the download that follows fetches the rest.
outcome<update_report> update(range_client& client, const fetch_options& opt, const std::optional<oid>& pin,
                              progress_line& line) {
  if (!opt.from) return update_report{};
  const std::string old = shown_image(*opt.from);
  DOCTEUR_TRY(disk, file_device::open(*opt.from));
  std::optional<served_image> packs;
  if (is_http_url(opt.url)) packs = served_image{opt.url, opt.http};
  auto done = update_partial_file(client, opt.file, {disk.view(), old}, packs, pin, shown_image(opt.url), line);
  line.clear();
  if (!done && done.error().who == blame::environment && partial_file::is_begun(opt.file))
    return tl::make_unexpected(with_hint(std::move(done.error())));
  if (!done || opt.quiet) return done;
  if (!done->bad_pack.empty()) say(kProgram, "note: " + done->bad_pack + "; it is not used");
  if (!done->why_nothing.empty()) say(kProgram, "note: " + done->why_nothing + "; all is fetched");
  if (done->wrong_blocks > 0)
    say(kProgram, "note: " + std::to_string(done->wrong_blocks) + " blocks made with " + old +
                      " are not the image's; they are fetched");
  return done;
}

outcome<void> fetch(const fetch_options& opt) {
  const signal_watch signals;
  DOCTEUR_CHECK(check_image_name(opt.file));
  DOCTEUR_TRY(pin, digest_of(opt.digest));
  DOCTEUR_TRY(style, progress_style_of(opt.progress, opt.quiet));
  progress_line line(style, kProgram);
  DOCTEUR_TRY(client, image_download::connect(opt.url, opt.http, line));
  DOCTEUR_TRY(updated, update(*client, opt, pin, line));
  const bytes head = updated.known.parts().empty() ? bytes{} : bytes(updated.known.parts().front().content);
  DOCTEUR_TRY(download, image_download::open(std::move(client), opt.http, opt.file, head));
  if ((updated.was_changed || download->file().was_changed()) && !opt.quiet)
    say(kProgram, printable(opt.file) + ": note: what was fetched before is of another version; starting anew");
  auto came = run(*download, opt, pin, line);
  line.clear();
  if (!came && came.error().who == blame::environment) return tl::make_unexpected(with_hint(std::move(came.error())));
  DOCTEUR_CHECK(came);
  if (line.cancelled()) return give_up(blame::environment, "interrupted");
  // Before publish(), so that nothing is published if this cannot be printed.
  if (opt.json) DOCTEUR_CHECK(print_json(*download, updated, opt));
  DOCTEUR_CHECK(download->file().publish());
  discard_pack(opt.file);
  if (!opt.quiet) print_summary_line(*download, updated, opt);
  return {};
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Fetches a whole image from a server.", docteur::cli::kProgram);
  docteur::cli::fetch_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::fetch(options); });
}
