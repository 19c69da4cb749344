// docteur-push: an image into a registry.

#include "base/date_text.hpp"
#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/json.hpp"
#include "cli/progress_line.hpp"
#include "cli/remote_options.hpp"
#include "cli/say_faults.hpp"
#include "cli/signal_watch.hpp"
#include "host/file_device.hpp"
#include "host/image_digests.hpp"
#include "object/result.hpp"
#include "remote/image_push.hpp"
#include "verify/verify.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-push";

struct push_options {
  std::string image;
  std::string name;
  unsigned threads = 0;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  std::string progress;
  http_options http;
};

void add_options(command_line& app, push_options& opt) {
  app.add_option("image", opt.image, "the image: a file or a block device").required();
  app.add_option("name", opt.name, "where to: oci://REGISTRY/NAME:TAG").required();
  add_request_options(app, opt.http);
  app.add_option("--threads", opt.threads, "threads for the check (default: 0, one for each core)").in_range(0, 1024);
  app.add_flag("-q,--quiet", opt.quiet, "print nothing but errors");
  app.add_flag("-v,--verbose", opt.verbose, "print how many requests there were, and what was sent");
  add_progress_option(app, opt.progress);
  app.add_flag("--json", opt.json, "print what was pushed as one JSON object");
  app.add_version_flag(DOCTEUR_VERSION);
}

// Nothing that docteur-verify refuses is sent.
outcome<verify_report> check(const device& image, const push_options& opt, progress& report) {
  verify_options options;
  options.threads = opt.threads;
  DOCTEUR_TRY(found, verify_image(image, options, report));
  if (found.good() && found.head()) return found;
  const std::string shown = printable(opt.image);
  say_faults(kProgram, found, shown);
  return give_up(blame::input, shown + ": not a good image; nothing was sent");
}

// The title is the repository's last name, so that the manifest does not depend on what the file is called here.
artifact_facts facts_of(const verify_report& report, const registry_name& to) {
  artifact_facts facts;
  facts.title = to.repository.substr(to.repository.rfind('/') + 1) + ".img";
  facts.revision = hex_text(report.commit);
  facts.created = rfc3339_text(report.head()->committer.seconds);
  return facts;
}

outcome<void> print(const pushed_image& done, const registry_name& to, const push_options& opt, std::uint64_t size) {
  const std::string pinned = "oci://" + to.registry + "/" + to.repository + "@" + digest_text(done.manifest);
  std::string text = "manifest\t: " + digest_text(done.manifest) + "\nname\t: " + pinned + "\n";
  if (opt.json) {
    json_object o;
    o.add("manifest", digest_text(done.manifest)).add("name", pinned).add("layer", digest_text(done.layer));
    o.add("image_bytes", size).add("was_there", done.was_there).add("sent_bytes", done.sent);
    o.add("requests", done.requests).add("resumed", std::uint64_t{done.resumed});
    text = o.text() + "\n";
  }
  bool pipe_closed = false;
  return write_out(as_bytes(text), pipe_closed);
}

outcome<void> push(const push_options& opt) {
  const signal_watch signals;
  DOCTEUR_TRY(to, parse_registry_name(opt.name));
  DOCTEUR_TRY(style, progress_style_of(opt.progress, opt.quiet));
  progress_line line(style, kProgram);
  DOCTEUR_TRY(file, file_device::open(opt.image));
  DOCTEUR_TRY(report, check(file.view(), opt, line));
  device image = file.view();
  image.size = report.image_size;  // a block device may be longer
  DOCTEUR_TRY(done, push_image(image, report.digest, facts_of(report, to), to, opt.http, line));
  line.clear();
  if (opt.verbose)
    say(kProgram, to.shown + ": " + std::to_string(done.requests) + " requests, " + std::to_string(done.sent) +
                      " bytes sent" + (done.was_there ? ", the image was there" : "") +
                      (done.resumed > 0 ? ", went on after a failure " + std::to_string(done.resumed) + " times" : ""));
  if (opt.quiet && !opt.json) return {};
  return print(done, to, opt, image.size);
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Puts an image into a registry.", docteur::cli::kProgram);
  docteur::cli::push_options options;
  docteur::cli::add_options(app, options);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::push(options); });
}
