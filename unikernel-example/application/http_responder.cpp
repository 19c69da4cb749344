#include "unikernel-example/application/http_responder.hpp"

#include "unikernel-example/application/available_dictionary.hpp"
#include "unikernel-example/application/http_call.hpp"
#include "unikernel-example/application/http_date.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/media_types.hpp"
#include "unikernel-example/application/own_policy.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kScratch = (64 << 10) + 64;  // bytes of a large blob read at once, with headers of stored blocks
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";

}  // namespace

http_responder::http_responder(platform& p, const http_limits& limits, site_rules rules, own_pages pages,
                               metrics& counts, event_log& log)
    : platform_(&p),
      limits_(&limits),
      rules_(std::move(rules)),
      pages_(std::move(pages)),
      counts_(&counts),
      log_(&log),
      scratch_(kScratch),
      dictionary_caching_("max-age=0, s-maxage=0, stale-while-revalidate=" + std::to_string(rules_.dictionary_s)) {}

void http_responder::answer(const http_request& r, port_content behind, const reply_context& context,
                            std::optional<std::int64_t> wall_clock, http_reply& out) {
  const no_waiting here(*platform_);
  call c{r, context, wall_clock, out};
  if (r.method == http_method::options && r.target == "*") return answer_options(c, {}, {false, false});
  auto path = parse_target(r.target);
  if (!path) return c.error(400);
  if (r.method == http_method::options) return answer_options(c, *path, behind);
  constexpr std::string_view own = ".docteur";
  constexpr std::string_view by_id = "@oid/";
  if (behind.site && rules_.proofs && proof_pages::has(*path)) return answer_proof(c, *path);
  if (behind.status && path->path.starts_with(own) &&
      (path->path.size() == own.size() || path->path[own.size()] == '/')) {
    if (!rules_.is_own_host(r.host)) return c.error(421);
    return answer_own(c, std::string_view(path->path).substr(own.size()), path->is_directory);
  }
  if (!behind.site) return c.error(404);
  if (!site_) return c.error(rules_.only_named ? 421 : 503);
  if (rules_.git && answer_git(c, *path)) return;
  if (rules_.objects && path->path.starts_with(by_id))
    return answer_oid(c, std::string_view(path->path).substr(by_id.size()));
  if (rules_.versions) return answer_versions(c, *path);
  auto version = named_version(path->path);
  if (!version) return answer_fault(c, version.error());
  if (*version) return answer_version(c, std::move(*path), std::move(*version));
  enter(c, *path, site_->shared().versions().first(), 0);
  answer_path(c, *path);
}

result<shared_version> http_responder::named_version(std::string_view path) {
  return site_->shared().versions().take(path, rules_.versions);
}

void http_responder::enter(call& c, request_path& path, shared_version version, std::size_t name) {
  c.version = std::move(version);
  if (name > 0) {
    const std::size_t mark = path.path.starts_with('@') ? 1 : 0;
    c.prefix = (mark > 0 ? "/@" : "/") + encode_path(std::string_view(path.path).substr(mark, name - mark));
    path.path.erase(0, name + 1);
    path.last -= std::min(path.last, name + 1);
  }
  const version_rules* const rules = c.version->rules.get();
  if (rules == nullptr) return;
  if (rules->faults.count() > 0)
    for (const std::string& line : rules->untold_faults())
      log_->say("disk " + site_->disk_name() + ", version " + c.prefix + ": " + line);
  rules->headers.apply(c.request.host, path.path, fields_);
  if (!fields_.is_empty()) c.fields = &fields_;
}

// A browser asks so before it sends a request of another site: the fields of the path's rules permit it (CORS).
void http_responder::answer_options(call& c, request_path path, port_content behind) {
  if (behind.site && site_) {
    auto version = named_version(path.path);
    if (version && *version) {
      enter(c, path, std::move(*version), std::min(path.path.find('/'), path.path.size()));
    } else if (version) {
      enter(c, path, site_->shared().versions().first(), 0);
    }
  }
  c.writer().begin(204).field("Allow", "GET, HEAD, OPTIONS").end_without_body();
}

// The top of a site whose folders are the versions of the image.
void http_responder::answer_versions(const call& c, const request_path& path) {
  const version_list& list = site_->shared().versions().list();
  const auto send = [&c](std::string text, std::string_view type) {
    c.writer()
        .begin(200)
        .field("Content-Type", type)
        .field("Cache-Control", "no-cache")
        .field("X-Content-Type-Options", "nosniff")
        .field("Content-Security-Policy", kOwnPolicy)
        .end_with(std::move(text));
  };
  if (path.path.empty()) return send(versions_page(list), "text/html; charset=utf-8");
  if (path.path == "versions.json" && !path.is_directory) return send(versions_json(list), "application/json");
  auto version = named_version(path.path);
  if (!version) return version.error().code == errc::not_found ? c.error(404) : answer_fault(c, version.error());
  answer_version(c, path, std::move(*version));
}

void http_responder::answer_version(const call& c, request_path path, shared_version version) {
  const std::size_t front = std::min(path.path.find('/'), path.path.size());
  // The version's own folder, as answer_directory() does for others.
  if (front == path.path.size() && !path.is_directory) {
    const std::string location = encode_path(path.path) + "/" + encode_query(path.query);
    return c.writer().begin(301).field("Location", location).end_with(std::string());
  }
  call inside = c;
  enter(inside, path, std::move(version), front);
  answer_path(inside, path);
}

void http_responder::answer_own(const call& c, std::string_view rest, bool is_directory) {
  const auto send = [&c](const std::function<std::string()>& make, std::string_view type) {
    c.writer()
        .begin(200)
        .field("Content-Type", type)
        .field("Cache-Control", "no-store")
        .field("X-Content-Type-Options", "nosniff")
        .field("Content-Security-Policy", kOwnPolicy)
        .end_with(make());
  };
  if (rest.empty()) {
    if (!is_directory) return c.writer().begin(301).field("Location", ".docteur/").end_with(std::string());
    return send(pages_.page, "text/html; charset=utf-8");
  }
  if (rest == "/status") return send(pages_.status, "application/json");
  if (rest == "/metrics") return send(pages_.metrics, "text/plain; version=0.0.4; charset=utf-8");
  c.error(404);
}

void http_responder::answer_proof(const call& c, const request_path& path) {
  if (!site_) return c.error(503);
  const auto answered = proofs_.answer(*site_, rules_.versions, c.request, path, c.now(), c.context, c.out);
  if (!answered) is_absent(answered.error()) ? c.error(404) : answer_fault(c, answered.error());
}

void http_responder::answer_oid(const call& c, std::string_view hex) {
  const auto id = parse_hex(hex, site_->image().kind());
  if (!id) return c.error(404);
  const auto facts = site_->facts(*id);
  if (!facts) return facts.error().code == errc::not_found ? c.error(404) : answer_fault(c, facts.error());
  answer_object(c, **facts, kUnknownMedia, freshness::immutable);
}

void http_responder::add_validators(const call& c, reply_writer& w, const served_file& file, std::string_view tag,
                                    freshness fresh) {
  const bool may_have_dictionary = file.may_have_dictionary(*site_);
  w.field("ETag", tag);
  if (fresh == freshness::immutable) {
    w.field("Cache-Control", kImmutable);
  } else {
    // Last-Modified must not be later than Date (RFC 9110, section 8.8.2.1), though a commit's date may be.
    if (c.wall_clock && *c.wall_clock < c.version->modified) {
      w.field("Last-Modified", format_http_date(*c.wall_clock).view());
    } else {
      w.field("Last-Modified", c.version->modified_text.view());
    }
    // A dictionary must not be stale, or allowed to be (RFC 9842, section 2.2.1): max-age=0 asks before each use of
    // the response itself all the same, and s-maxage=0 forbids shared caches to send it stale.
    w.field("Cache-Control", may_have_dictionary ? std::string_view(dictionary_caching_) : "no-cache");
  }
  if (file.varies(*site_))
    w.field("Vary", may_have_dictionary ? "Accept-Encoding, Available-Dictionary" : "Accept-Encoding");
}

void http_responder::add_dictionary(const call& c, reply_writer& w, const served_file& file) {
  if (!file.may_have_dictionary(*site_)) return;
  const std::string value = use_as_dictionary(
      c.request.target, rules_.versions ? sibling_paths::named : sibling_paths::marked, !c.prefix.empty());
  if (!value.empty()) w.field("Use-As-Dictionary", value);
}

// Adds files whose name is the path and a coding's extension. What is no file, or an empty one, is none of these.
result<done> http_responder::find_beside(const call& c, std::string_view path, served_file& file) {
  struct extension {
    std::string_view text;
    coding form;
  };
  std::string name;
  for (const extension& e : {extension{".br", coding::br}, {".zst", coding::zstd}, {".gz", coding::gzip}}) {
    name.assign(path).append(e.text);
    const auto n = site_->find(c.version->snapshot, name);
    if (!n && !is_absent(n.error())) return tl::make_unexpected(n.error());
    if (!n || !n->is_blob()) continue;
    DOCTEUR_TRY(facts, site_->facts(*n));
    if (facts->size > 0) file.beside.push_back({e.form, *facts});
  }
  return done{};
}

// In three steps: choose the representation, evaluate the conditions on it, write it.
void http_responder::answer_object(const call& c, const object_facts& f, const media& type_of, freshness fresh,
                                   std::string_view path) {
  served_file file{f, type_of.plain, {}, path};
  if (rules_.beside && !path.empty()) {
    if (const auto found = find_beside(c, path, file); !found) return answer_fault(c, found.error());
  }
  auto chosen = choose_representation(*site_, file, c.request);
  if (!chosen) return answer_fault(c, chosen.error());
  if (chosen->waits) return;
  // An object that is named by its id has no date.
  std::optional<std::int64_t> modified;
  if (fresh != freshness::immutable) modified = c.version->modified;
  switch (evaluate_conditions(c.request, chosen->tag.view(), modified, c.now())) {
    case precondition::failed: return c.error(412);
    case precondition::not_modified: {
      reply_writer w = c.writer();
      add_validators(c, w.begin(304), file, chosen->tag.view(), fresh);
      return w.end_without_body();
    }
    case precondition::proceed: break;
  }
  choose_ranges(file, c.request, limits_->ranges, *chosen);
  if (chosen->ranges.state == range_set::kind::unsatisfiable) {
    reply_writer w = c.writer();
    w.begin(416).field("Content-Range", "bytes */" + std::to_string(chosen->size));
    return w.field("Content-Type", "text/plain; charset=utf-8").end_with("416 Range Not Satisfiable\n");
  }
  send_object(c, file, std::move(*chosen), type_of, fresh);
}

// Reads `r.content` and returns null, or returns a source for content that is read while it is sent.
result<std::unique_ptr<body_source>> http_responder::open_content(representation& r) {
  if (r.of.streams) return make_source(site_, r.of, scratch_, r.is_sent_whole() && !site_->is_proved(r.of.position));
  if (!r.content) {
    DOCTEUR_TRY(whole, site_->whole(r.of, r.kept));
    r.content = std::move(whole);
  }
  return std::unique_ptr<body_source>();
}

void http_responder::count(const representation& r) noexcept {
  if (r.form == coding::identity) return;
  switch (r.kept) {
    case content_form::plain: ++counts_->beside; break;
    case content_form::zlib: ++counts_->deflated; break;
    case content_form::gzip: ++counts_->gzipped; break;
    case content_form::made_gzip: ++counts_->made; break;
    case content_form::made_dcz: ++counts_->with_dictionary; break;
  }
}

void http_responder::send_object(const call& c, const served_file& file, representation r, const media& type_of,
                                 freshness fresh) {
  // All that can fail comes before the first byte of the head.
  std::unique_ptr<body_source> source;
  if (!c.context.is_head) {
    auto opened = open_content(r);
    if (!opened) return answer_fault(c, opened.error());
    source = std::move(*opened);
    if (r.wants_gzip && r.content && r.is_sent_whole()) site_->want_gzip(r.content);
  }
  std::string_view type = c.fields != nullptr ? c.fields->content_type() : std::string_view();
  const bool is_by_rule = !type.empty();
  if (!is_by_rule) type = type_of.plain;
  if (!is_by_rule && type_of.has_charset()) {
    const auto signs = site_->signs(file.facts);
    if (!signs) return answer_fault(c, signs.error());
    type = content_type(type_of, *signs);
  }
  reply_writer w = c.writer();
  w.begin(r.is_sent_whole() ? 200 : 206);
  add_validators(c, w, file, r.tag.view(), fresh);
  w.field("Accept-Ranges", "bytes");
  if (r.form != coding::identity) w.field("Content-Encoding", name(r.form));
  if (fresh == freshness::immutable) {
    w.field("X-Content-Type-Options", "nosniff").field("X-Git-Object-Type", name(file.facts.type));
  }
  if (!r.is_sent_whole()) return send_ranges(c, w, std::move(r), std::move(source), type);
  w.field("Content-Type", type);
  add_dictionary(c, w, file);
  count(r);
  if (source) {
    c.out.body = make_body(std::move(source), byte_range{0, r.size});
  } else {
    c.out.content = std::move(r.content);
  }
  w.end_with(r.size);
}

// `source`: null when the content is in memory.
void http_responder::send_ranges(const call& c, reply_writer& w, representation r, std::unique_ptr<body_source> source,
                                 std::string_view type) {
  if (!source) source = make_source(site_, r.of, std::move(r.content), scratch_, false);
  if (r.ranges.ranges.size() == 1) {
    const byte_range range = r.ranges.ranges[0];
    w.field("Content-Type", type).field("Content-Range", content_range(range, r.size));
    c.out.body = make_body(std::move(source), range);
    return w.end_with(range.size);
  }
  // The id cannot occur in the content: that would be a fixed point of SHA-1.
  const oid_hex hex = to_hex(r.of.id);
  multipart parts{"docteur-" + std::string(hex.data(), hex.size()), std::string(type), r.size,
                  std::move(r.ranges.ranges)};
  w.field("Content-Type", "multipart/byteranges; boundary=" + parts.boundary);
  const std::uint64_t sum = size_of(parts);
  c.out.body = make_body(std::move(source), std::move(parts));
  w.end_with(sum);
}

void http_responder::hold(http_reply& r, std::size_t sent) {
  const content& c = *r.content;
  if (c.size <= content_ledger::kOwn || c.position == content::kNoObject) return;
  const no_waiting here(*platform_);
  const auto f = site_->facts(c.position);
  (void)platform_->take_ticket();  // the client then keeps its content
  if (!f) return;
  const bool is_stored = c.form == content_form::zlib || c.form == content_form::gzip;
  if (is_stored && !(*f)->deflate) return;
  r.body = make_held_body(site_, **f, std::move(r.content), sent, scratch_);
}

void http_responder::answer_fault(const call& c, const error& e) {
  if (platform_->has_ticket()) return;  // no fault: the request is answered later
  const bool passes = e.code == errc::out_of_memory || e.code == errc::unavailable;
  if (!passes) ++counts_->faults;
  log_->say_rarely("disk " + site_->disk_name() + ": " + to_text(e) + ": " + terminal_line(c.request.target));
  c.error(passes ? 503 : 500);
}

}  // namespace docteur::cache_vm
