// docteur-verify: accounts for every byte of an image.

#include "verify/verify.hpp"

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/progress_line.hpp"
#include "cli/remote_options.hpp"
#include "cli/say_faults.hpp"
#include "cli/signal_watch.hpp"
#include "cli/signatures.hpp"
#include "cli/verified_download.hpp"
#include "cli/verify_proof.hpp"
#include "cli/version_text.hpp"
#include "host/file_device.hpp"
#include "host/image_digests.hpp"
#include "remote/image_download.hpp"
#include "source/selection/derived_commit.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-verify";

struct verify_command {
  std::string image;
  std::optional<std::string> digest;
  bool signature = false;
  std::optional<std::string> allowed_signers;
  unsigned threads = 0;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::string progress;
  http_options http;
  proof_options proof;
};

std::string number(std::uint64_t n) { return std::to_string(n); }

// The other commits of the image, each with its name.
std::string versions_text(const verify_report& r) {
  std::string text;
  for (const verified_version& v : r.versions) {
    const auto c = v.head();
    text += "version\t: " + printable_line(v.name) + " " + hex_text(v.commit);
    if (c) text += " \"" + printable_line(c->author.name) + "\" <" + printable_line(c->author.mail) + ">";
    if (!v.reference.empty()) text += ", " + printable_line(v.reference);
    text += "\n";
  }
  return text;
}

// The list of files and its signature, if there is one.
std::string list_text(const verify_report& r) {
  if (!r.list) return "";
  const list_statement& s = r.list->statement;
  return "list\t: " + digest_text(s.root) + ", " + number(s.files) + " files, a signature of " +
         (r.list->signature_kind == list_signature_kind::ssh ? "SSH" : "OpenPGP") + "\n";
}

// The lines that OCaml docteur's verify prints, the signer and the image's digest.
std::string head_text(const verify_report& r, const commit_view& c, const findings& signatures) {
  std::string text = "commit\t: " + hex_text(r.commit) + "\n";
  text += "author\t: \"" + printable_line(c.author.name) + "\" <" + printable_line(c.author.mail) + ">\n";
  text += "root\t: " + hex_text(c.tree) + "\n" + signed_text(signatures);
  if (r.digest) text += "digest\t: " + digest_text(*r.digest) + "\n";
  if (r.origin)
    text += "from\t: " + digest_text(r.origin->digest) + ", step " + number(r.origin->steps) + ", " +
            r.origin->options + "\n";
  text += list_text(r) + versions_text(r);
  if (!c.has_message) return text;
  text += "\n" + printable_text(c.message);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

std::string json_text(const verify_report& r, const findings& signatures, bool is_signed) {
  json_object o;
  o.add("ok", r.good() && is_signed);
  if (r.image_size > 0) o.add("commit", hex_text(r.commit));
  if (const auto c = r.head()) {
    o.add_raw("author", json_of_person(c->author).text()).add("root", hex_text(c->tree));
    if (c->has_message) o.add_bytes("message", c->message);
    if (const auto derived = find_derivation(c->message)) o.add("made_from", hex_text(derived->original));
  }
  if (!r.tags.empty()) o.add_raw("tags", json_array(r.tags, json_of_tag));
  if (!r.versions.empty()) o.add_raw("versions", json_array(r.versions, json_of_version));
  if (r.sections) {
    o.add_bytes("builder", r.sections->builder_text()).add("format", std::uint64_t{kFormatVersion});
    o.add("block_size", std::uint64_t{r.sections->block_size});
  }
  if (r.digest) o.add("digest", digest_text(*r.digest));
  if (r.origin) {
    json_object origin;
    origin.add("digest", digest_text(r.origin->digest)).add("steps", std::uint64_t{r.origin->steps});
    origin.add("first_pack_bytes", r.origin->first_pack).add("first_content_bytes", r.origin->first_content);
    origin.add("options", r.origin->options);
    o.add_raw("from", origin.text());
  }
  if (r.list) {
    json_object list;
    list.add("root", digest_text(r.list->statement.root)).add("files", r.list->statement.files);
    o.add_raw("list", list.text());
  }
  json_object objects;
  for (const object_type t : {object_type::commit, object_type::tree, object_type::blob, object_type::tag})
    objects.add(name(t), r.objects[static_cast<std::size_t>(t)]);
  o.add_raw("objects", objects.text()).add("paths", r.paths).add("content_bytes", r.content_bytes);
  o.add("deltas", r.deltas)
      .add("depth", std::uint64_t{r.depth})
      .add("pack_bytes", r.pack_size)
      .add("image_bytes", r.image_size);
  if (!signatures.empty()) o.add_raw("signatures", json_array(signatures, json_of_signature));
  o.add("fault_count", r.fault_count);
  o.add_raw("faults", json_array(r.faults, [](const fault& f) {
              return json_object().add("code", name(f.code)).add("offset", f.at).add("what", f.what).text();
            }));
  o.add_raw("remarks", json_array(r.remarks, [](const std::string& text) { return json_string(text); }));
  return o.text() + "\n";
}

void note_report(const std::string& subject, const verify_report& r, const verify_command& opt) {
  say_faults(kProgram, r, subject);
  if (r.fault_count > r.faults.size())
    say(kProgram, subject + ": " + number(r.fault_count - r.faults.size()) + " more faults");
  for (const std::string& text : r.remarks) say(kProgram, subject + ": note: " + text);
  if (!opt.verbose) return;
  const std::string maker =
      r.sections ? "made by " + printable(r.sections->builder_text()) + ", format version " + number(kFormatVersion)
                 : "without a section table";
  say(kProgram, subject + ": " + maker);
  for (const tag_object& tag : r.tags) {
    const auto parsed = parse_tag(as_bytes(tag.content), tag.id.kind());
    say(kProgram, subject + ": tag " + (parsed ? printable(parsed->tag) + " " : "") + hex_text(tag.id));
  }
  std::uint64_t all = 0;
  for (const std::uint64_t n : r.objects) all += n;
  say(kProgram, subject + ": " + number(all) + " objects of " + number(r.content_bytes) + " bytes, " +
                    number(r.deltas) + " deltas (longest chain " + number(r.depth) + "), " + number(r.paths) +
                    " paths, PACK " + number(r.pack_size) + " bytes, image " + number(r.image_size) + " bytes");
}

// Notes a commit that docteur-make derived from another.
void note_derivation(const std::string& subject, const derivation& d, bool signature) {
  say(kProgram, subject + ": note: this is not the tree of commit " + hex_text(d.original) +
                    ", but was made from it; the image's commit quotes that one");
  for (const std::string& change : d.changes) say(kProgram, subject + ": note: " + printable(change));
  if (signature)
    say(kProgram,
        subject + ": note: a signature of commit " + hex_text(d.original) + " does not cover what is in this image");
}

// Notes the other signatures of an image that has a good one.
void note_others(const std::string& subject, const findings& signatures) {
  for (const signature_finding& f : signatures)
    if (f.result != verdict::good) say(kProgram, subject + ": note: " + f.object + ": " + f.text);
}

// Called for a sound image with --signature.
outcome<findings> check_signature(const verify_report& r, const verify_command& opt, const progress& report) {
  if (!opt.signature || !r.good()) return {};
  std::vector<object_to_check> objects{{r.commit.kind(), object_type::commit, r.commit_content}};
  for (const tag_object& tag : r.tags) objects.push_back({tag.id.kind(), object_type::tag, tag.content});
  DOCTEUR_TRY(all, find_signers(objects, opt.allowed_signers, report));
  if (r.list) {
    DOCTEUR_TRY(list, find_list_signer(r.list->statement, r.list->signature_kind, r.list->signature,
                                       opt.allowed_signers, report));
    all.push_back(std::move(list));
  }
  if (const std::string lacks = what_lacks(all); !lacks.empty()) return all;
  // Each version is signed, or the image is not.
  for (const verified_version& v : r.versions) {
    if (v.commit == r.commit) continue;
    objects = {{v.commit.kind(), object_type::commit, v.commit_content}};
    for (const tag_object& tag : v.tags) objects.push_back({tag.id.kind(), object_type::tag, tag.content});
    DOCTEUR_TRY(its, find_signers(objects, opt.allowed_signers, report));
    const std::string lacks = what_lacks(its);
    if (!lacks.empty()) return give_up(blame::input, "version " + printable(v.name) + ": " + lacks);
    for (signature_finding& f : its) {
      f.object = "version " + printable(v.name) + ": " + f.object;
      all.push_back(std::move(f));
    }
  }
  return all;
}

// Verifies the image on a device. `pin`: what is demanded of it.
outcome<verify_report> verify_device(const device& image, const verify_options& options, const std::optional<oid>& pin,
                                     const std::string& subject, progress& report) {
  if (pin) DOCTEUR_CHECK(load_pinned(image, {&*pin, 1}, subject));
  auto found = verify_image(image, options, report);
  if (!found) return give_up(found.error().who, subject + ": " + found.error().message);
  if (pin && found->good() && found->digest != pin)
    return give_up(blame::environment, subject + ": changed while it was read");
  return found;
}

// An image of a server comes to an unnamed file: each byte is needed, and some more than once. The registry's manifest
// may demand more of it than `pin` does.
outcome<verify_report> verify_source(const verify_command& opt, std::optional<oid> pin, progress& report) {
  const std::string subject = shown_image(opt.image);
  verify_options options;
  options.threads = opt.threads;
  if (!is_on_server(opt.image)) {
    DOCTEUR_TRY(file, file_device::open(opt.image));
    return verify_device(file.view(), options, pin, subject, report);
  }
  DOCTEUR_TRY(download, image_download::open(opt.image, opt.http, std::nullopt, report));
  DOCTEUR_TRY(demanded, demanded_of(pin, download->demanded_digest(), subject));
  options.threads = threads_beside_download(opt.threads);
  const auto verify = [&](const device& image, progress& own) {
    return verify_device(image, options, demanded, subject, own);
  };
  return run_verified(*download, verify, report);
}

outcome<void> verify(const verify_command& opt) {
  const signal_watch signals;
  DOCTEUR_CHECK(check_allowed_signers(opt.allowed_signers, opt.signature, "--signature"));
  DOCTEUR_TRY(pin, digest_of(opt.digest));
  DOCTEUR_TRY(style, progress_style_of(opt.progress, opt.quiet));
  progress_line line(style, kProgram);
  const std::string subject = shown_image(opt.image);
  const auto report = verify_source(opt, pin, line);
  line.clear();
  DOCTEUR_CHECK(report);
  if (!opt.quiet) note_report(subject, *report, opt);
  const auto head = report->head();
  const auto derived = head && report->good() ? find_derivation(head->message) : std::nullopt;
  if (derived && !opt.quiet) note_derivation(subject, *derived, opt.signature);
  DOCTEUR_TRY(signatures, check_signature(*report, opt, line));
  const std::string lacks = signatures.empty() ? "" : what_lacks(signatures);
  if (!opt.quiet) {
    if (lacks.empty()) note_others(subject, signatures);
    bool pipe_closed = false;
    if (opt.json) {
      DOCTEUR_CHECK(write_out(as_bytes(json_text(*report, signatures, lacks.empty())), pipe_closed));
    } else if (head && report->good() && lacks.empty()) {
      DOCTEUR_CHECK(write_out(as_bytes(head_text(*report, *head, signatures)), pipe_closed));
    }
  }
  if (!report->good() || opt.quiet)
    return report->good() && lacks.empty() ? outcome<void>{} : give_up(blame::input, "");
  return lacks.empty() ? outcome<void>{} : give_up(blame::input, subject + ": " + lacks);
}

// An image, or the proof that --proof names.
outcome<void> verify_either(verify_command& opt) {
  proof_options& p = opt.proof;
  if (!p.proof) {
    if (p.file || p.commit || p.path || p.root)
      return give_up(blame::usage, "--file, --commit, --path and --root: are for --proof");
    return opt.image.empty() ? give_up(blame::usage, "image is required (see docteur-verify --help)") : verify(opt);
  }
  if (!opt.image.empty() || opt.digest) return give_up(blame::usage, "--proof: is checked without an image");
  DOCTEUR_CHECK(check_allowed_signers(opt.allowed_signers, opt.signature, "--signature"));
  p.signature = opt.signature;
  p.allowed_signers = opt.allowed_signers;
  p.json = opt.json;
  p.quiet = opt.quiet;
  const signal_watch signals;
  return verify_proof(p, progress_line(progress_style::none));
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  docteur::cli::command_line app("Checks every byte of an image, or a proof of one path; prints what it finds.",
                                 docteur::cli::kProgram);
  docteur::cli::verify_command options;
  app.add_option("image", options.image, docteur::cli::kImageHelp);
  docteur::cli::add_digest_option(app, options.digest);
  docteur::cli::add_proof_options(app, options.proof);
  app.add_flag("--signature", options.signature, "require a good signature of commit or tag; print the signer");
  app.add_option("--allowed-signers", options.allowed_signers,
                 "who may sign with SSH keys (default: git's gpg.ssh.allowedSignersFile)");
  app.add_flag("--json", options.json, "print what was found as one JSON object");
  app.add_option("--threads", options.threads, "threads (default: 0, one for each core)").in_range(0, 1024);
  app.add_flag("-q,--quiet", options.quiet, "print nothing about the image, only set the exit status");
  app.add_flag("-v,--verbose", options.verbose, "print what made the image and what is in it");
  docteur::cli::add_progress_option(app, options.progress);
  docteur::cli::add_http_options(app, options.http);
  app.add_version_flag(DOCTEUR_VERSION);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::verify_either(options); });
}
