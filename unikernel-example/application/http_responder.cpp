#include "unikernel-example/application/http_responder.hpp"

#include "unikernel-example/application/http_date.hpp"
#include "unikernel-example/application/listing.hpp"
#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/media_types.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kScratch = (64 << 10) + 64;  // bytes of a large blob read at once
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
// Pages of the server's own run their own script and nothing else.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

[[nodiscard]] std::string content_range(const byte_range& r, std::uint64_t size) {
  return "bytes " + std::to_string(r.at) + "-" + std::to_string(r.at + r.size - 1) + "/" + std::to_string(size);
}

}  // namespace

struct http_responder::call {
  const http_request& request;
  const reply_context& how;
  std::optional<std::int64_t> wall_clock;
  http_reply& out;

  [[nodiscard]] reply_writer writer() const noexcept { return {out, how}; }
  [[nodiscard]] std::int64_t now() const noexcept { return wall_clock.value_or(0); }
  void error(int status) const {
    out.reset();
    writer().error(status);
  }
};

http_responder::http_responder(const http_limits& limits, bool listing, own_pages pages, metrics& counts,
                               event_log& log)
    : limits_(&limits), listing_(listing), pages_(std::move(pages)), counts_(&counts), log_(&log), scratch_(kScratch) {}

void http_responder::answer(const http_request& r, const reply_context& how, std::optional<std::int64_t> wall_clock,
                            http_reply& out) {
  const call c{r, how, wall_clock, out};
  if (r.method == http_method::options) {
    if (r.target != "*" && !parse_target(r.target)) return c.error(400);
    c.writer().begin(204).field("Allow", "GET, HEAD, OPTIONS").end_without_body();
    return;
  }
  const auto path = parse_target(r.target);
  if (!path) return c.error(400);
  constexpr std::string_view own = ".docteur";
  constexpr std::string_view by_id = "@oid/";
  if (path->path.starts_with(own) && (path->path.size() == own.size() || path->path[own.size()] == '/'))
    return answer_own(c, std::string_view(path->path).substr(own.size()), path->is_directory);
  if (!site_) return c.error(503);
  if (path->path.starts_with(by_id)) return answer_oid(c, std::string_view(path->path).substr(by_id.size()));
  answer_path(c, *path);
}

void http_responder::answer_own(const call& c, std::string_view rest, bool is_directory) {
  const auto send = [&c](const std::function<std::string()>& make, std::string_view type) {
    c.writer()
        .begin(200)
        .field("Content-Type", type)
        .field("Cache-Control", "no-store")
        .field("X-Content-Type-Options", "nosniff")
        .field("Content-Security-Policy", kPolicy)
        .end_with(make());
  };
  if (rest.empty()) {
    if (!is_directory) return c.writer().begin(301).field("Location", "/.docteur/").end_with(std::string());
    return send(pages_.page, "text/html; charset=utf-8");
  }
  if (rest == "/status") return send(pages_.status, "application/json");
  if (rest == "/metrics") return send(pages_.metrics, "text/plain; version=0.0.4; charset=utf-8");
  c.error(404);
}

void http_responder::answer_oid(const call& c, std::string_view hex) {
  const auto id = parse_hex(hex);
  if (!id) return c.error(404);
  const auto facts = site_->facts(*id);
  if (!facts) return facts.error().code == errc::not_found ? c.error(404) : answer_fault(c, facts.error());
  answer_object(c, **facts, "application/octet-stream", freshness::immutable);
}

void http_responder::answer_path(const call& c, const request_path& path) {
  const auto n = site_->find(path.path);
  if (!n) return is_absent(n.error()) ? answer_absent(c) : answer_fault(c, n.error());
  if (n->kind == entry_kind::directory) return answer_directory(c, path);
  if (!n->is_blob() || path.is_directory) return answer_absent(c);
  const auto facts = site_->facts(*n);
  if (!facts) return answer_fault(c, facts.error());
  answer_object(c, **facts, media_type(path.path), freshness::revalidate);
}

void http_responder::answer_directory(const call& c, const request_path& path) {
  if (!path.is_directory) {
    // Made of the decoded path, so it cannot begin with two slashes and lead to another host.
    const std::string location = "/" + encode_path(path.path) + "/" + std::string(path.query);
    return c.writer().begin(301).field("Location", location).end_with(std::string());
  }
  const auto index = site_->find(path.path + "/index.html");
  if (index && index->is_blob()) {
    const auto facts = site_->facts(*index);
    if (!facts) return answer_fault(c, facts.error());
    return answer_object(c, **facts, media_type("index.html"), freshness::revalidate);
  }
  if (!index && !is_absent(index.error())) return answer_fault(c, index.error());
  if (!listing_) return answer_absent(c);
  auto list = make_listing(site_, path.path);
  if (!list) return is_absent(list.error()) ? answer_absent(c) : answer_fault(c, list.error());
  c.writer()
      .begin(200)
      .field("Content-Type", "text/html; charset=utf-8")
      .field("Cache-Control", "no-cache")
      .field("Content-Security-Policy", kPolicy)
      .end_with_unknown_length(std::move(*list));
}

void http_responder::add_validators(const call& c, reply_writer& w, const object_facts& f, std::string_view tag,
                                    freshness how) {
  w.field("ETag", tag);
  if (how == freshness::immutable) {
    w.field("Cache-Control", kImmutable);
  } else {
    // A commit of the future must not be later than Date (RFC 9110, section 8.8.2.1).
    if (c.wall_clock && *c.wall_clock < site_->modified()) {
      w.field("Last-Modified", format_http_date(*c.wall_clock).view());
    } else {
      w.field("Last-Modified", site_->modified_text());
    }
    w.field("Cache-Control", "no-cache");
  }
  if (f.deflate) w.field("Vary", "Accept-Encoding");
}

void http_responder::answer_object(const call& c, const object_facts& f, std::string_view type, freshness fresh) {
  const http_request& r = c.request;
  coding how = coding::identity;
  if (f.deflate && r.accept_encoding && accepts_deflate(*r.accept_encoding)) {
    // Ranges are of the content itself, unless the client says that what it has is a part of the coded form.
    if (!r.range || r.if_range == entity_tag(f.id, coding::deflate).view()) how = coding::deflate;
  }
  shared_content content;
  if (how == coding::deflate) {
    auto stream = site_->whole(f, how);
    if (!stream) return answer_fault(c, stream.error());
    content = std::move(*stream);
    if (!content) how = coding::identity;
  }
  const entity_tag tag(f.id, how);
  // What is named by its id has no date.
  std::optional<std::int64_t> modified;
  if (fresh != freshness::immutable) modified = site_->modified();
  switch (evaluate_conditions(r, tag.view(), modified, c.now())) {
    case verdict::failed: return c.error(412);
    case verdict::not_modified: {
      reply_writer w = c.writer();
      add_validators(c, w.begin(304), f, tag.view(), fresh);
      return w.end_without_body();
    }
    case verdict::proceed: break;
  }
  const std::uint64_t size = how == coding::deflate ? content->size : f.size;
  const bool ranged = r.method == http_method::get && range_counts(r, tag.view(), modified, c.now());
  range_set ranges{range_set::what::ignored, {}};
  if (ranged) ranges = parse_range(*r.range, size, limits_->ranges);
  reply_writer w = c.writer();
  if (ranges.state == range_set::what::unsatisfiable) {
    w.begin(416).field("Content-Range", "bytes */" + std::to_string(size));
    return w.field("Content-Type", "text/plain; charset=utf-8").end_with("416 Range Not Satisfiable\n");
  }
  // Before anything is written: what is built whole may turn out to be damaged.
  std::unique_ptr<object_source> source;
  if (!c.how.is_head) {
    if (f.streams) {
      const bool all = ranges.state == range_set::what::ignored;
      auto opened = make_source(site_, f, scratch_, all && !site_->is_proved(f.position));
      if (!opened) return answer_fault(c, opened.error());
      source = std::move(*opened);
    } else if (!content) {
      auto whole = site_->whole(f, how);
      if (!whole) return answer_fault(c, whole.error());
      content = std::move(*whole);
    }
  }
  w.begin(ranges.state == range_set::what::some ? 206 : 200);
  add_validators(c, w, f, tag.view(), fresh);
  w.field("Accept-Ranges", "bytes");
  if (how == coding::deflate) w.field("Content-Encoding", "deflate");
  if (fresh == freshness::immutable) {
    w.field("X-Content-Type-Options", "nosniff").field("X-Git-Object-Type", name(f.type));
  }
  if (ranges.state == range_set::what::ignored) {
    w.field("Content-Type", type);
    if (how == coding::deflate) ++counts_->deflated;
    if (source) {
      c.out.body = make_body(std::move(source), {{{}, {0, size}}});
    } else {
      c.out.content = std::move(content);
    }
    return w.end_with(size);
  }
  if (!source) source = make_source(site_, f, std::move(content), scratch_, false);
  if (ranges.ranges.size() == 1) {
    w.field("Content-Type", type).field("Content-Range", content_range(ranges.ranges[0], size));
    c.out.body = make_body(std::move(source), {{{}, ranges.ranges[0]}});
    return w.end_with(ranges.ranges[0].size);
  }
  // Content that holds its own id would be a fixed point of SHA-1.
  const oid_hex hex = to_hex(f.id);
  const std::string boundary = "docteur-" + std::string(hex.data(), hex.size());
  std::vector<body_part> parts;
  std::uint64_t sum = 0;
  for (const byte_range& range : ranges.ranges) {
    parts.push_back({"\r\n--" + boundary + "\r\nContent-Type: " + std::string(type) +
                         "\r\nContent-Range: " + content_range(range, size) + "\r\n\r\n",
                     range});
    sum += parts.back().text.size() + range.size;
  }
  parts.push_back({"\r\n--" + boundary + "--\r\n", {0, 0}});
  sum += parts.back().text.size();
  w.field("Content-Type", "multipart/byteranges; boundary=" + boundary);
  c.out.body = make_body(std::move(source), std::move(parts));
  w.end_with(sum);
}

void http_responder::hold(http_reply& r, std::size_t sent) {
  const content& c = *r.content;
  if (c.size <= content_ledger::kOwn || c.position == content::kNoObject) return;
  const auto f = site_->facts(c.position);
  if (!f || (c.how == coding::deflate && !(*f)->deflate)) return;
  r.body = make_held_body(site_, **f, std::move(r.content), sent, scratch_);
}

void http_responder::answer_absent(const call& c) {
  const auto n = site_->find("404.html");
  if (!n || !n->is_blob()) return c.error(404);
  const auto facts = site_->facts(*n);
  if (!facts || (*facts)->streams) return c.error(404);
  auto content = site_->whole(**facts, coding::identity);
  if (!content) return c.error(404);
  const std::uint64_t size = (*content)->size;
  c.out.content = std::move(*content);
  c.writer().begin(404).field("Content-Type", media_type("404.html")).field("Cache-Control", "no-cache").end_with(size);
}

void http_responder::answer_fault(const call& c, const error& e) {
  const bool memory = e.code == errc::out_of_memory;
  if (!memory) ++counts_->faults;
  log_->say_rarely("disk " + site_->disk_name() + ": " + to_text(e) + ": " + terminal_line(c.request.target));
  c.error(memory ? 503 : 500);
}

}  // namespace docteur::cache_vm
