// http_responder's answers to paths of a version: its files, folders, rules, and pages for what is absent.

#include "unikernel-example/application/http_call.hpp"
#include "unikernel-example/application/listing.hpp"
#include "unikernel-example/application/own_policy.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kHtml = ".html";
constexpr std::size_t kMostLevels = 64;  // folders in which a page of 404 is looked for

}  // namespace

void http_responder::answer_path(const call& c, const request_path& path) {
  const version_rules* const rules = c.version->rules.get();
  if (rules != nullptr && rules->redirects.has_forced() && answer_by_rule(c, path, /*forced=*/true)) return;
  if (answer_file(c, path, folder::redirects)) return;
  if (rules != nullptr && rules->redirects.size() > 0 && answer_by_rule(c, path, /*forced=*/false)) return;
  answer_absent(c, path.path);
}

bool http_responder::answer_by_rule(const call& c, const request_path& path, bool forced) {
  const auto found = c.version->rules->redirects.find(c.request.host, path.path, path.query, forced);
  if (!found) return false;
  if (found->is_location()) {
    c.writer().begin(found->status).field("Location", found->is_path ? c.prefix + found->to : found->to).end_with("");
    return true;
  }
  const auto leads_to = parse_target(found->to);
  if (!leads_to || !(found->status == 200 ? answer_file(c, *leads_to, folder::exact)
                                          : answer_page(c, leads_to->path, found->status)))
    answer_absent(c, path.path);
  return true;
}

bool http_responder::answer_file(const call& c, const request_path& path, folder how) {
  const auto n = site_->find(c.version->snapshot, path.path);
  if (!n && is_absent(n.error())) return answer_html(c, path);
  if (!n) {
    answer_fault(c, n.error());
    return true;
  }
  if (n->kind == entry_kind::directory) return answer_directory(c, path, how);
  if (!n->is_blob() || (path.is_directory && how == folder::redirects)) return false;
  if (c.version->rules && version_rules::is_own_file(path.path)) return false;
  if (rules_.html == clean_urls::redirect && how == folder::redirects && is_to_be_clean(c, path)) {
    // Relative, as for a folder.
    const std::string_view name = std::string_view(path.path).substr(path.last);
    const bool is_index = name == kIndex || name.ends_with("/index.html");
    const std::string clean = encode_path(name.substr(0, name.size() - (is_index ? kIndex : kHtml).size()));
    c.writer().begin(301).field("Location", "./" + clean + encode_query(path.query)).end_with(std::string());
    return true;
  }
  answer_blob(c, *n, path.path);
  return true;
}

void http_responder::answer_blob(const call& c, const node& n, std::string_view path) {
  const auto facts = site_->facts(n);
  if (!facts) return answer_fault(c, facts.error());
  answer_object(c, **facts, media_of(path), freshness::revalidate, path);
}

bool http_responder::answer_html(const call& c, const request_path& path) {
  if (rules_.html == clean_urls::off || path.is_directory || path.path.empty()) return false;
  const std::string file = path.path + std::string(kHtml);
  const auto n = site_->find(c.version->snapshot, file);
  if (!n ? is_absent(n.error()) : !n->is_blob()) return false;
  n ? answer_blob(c, *n, file) : answer_fault(c, n.error());
  return true;
}

bool http_responder::is_to_be_clean(const call& c, const request_path& path) {
  const std::string_view text = path.path;
  if (text == kIndex || text.ends_with("/index.html")) return true;
  if (!text.ends_with(kHtml) || text.size() == kHtml.size() || text[text.size() - kHtml.size() - 1] == '/')
    return false;
  // Nothing else has that path.
  const auto n = site_->find(c.version->snapshot, text.substr(0, text.size() - kHtml.size()));
  return !n && is_absent(n.error());
}

bool http_responder::answer_directory(const call& c, const request_path& path, folder how) {
  const bool redirects = how == folder::redirects && !path.is_directory;
  const bool has_rules = c.version->rules && c.version->rules->redirects.size() > 0;
  const auto redirect = [&c, &path] {
    // Relative to the request, so that it also works where a proxy adds a prefix. It is made from the decoded path, so
    // neither a leading slash nor a colon can make it lead to another host.
    const std::string location =
        encode_path(std::string_view(path.path).substr(path.last)) + "/" + encode_query(path.query);
    c.writer().begin(301).field("Location", location).end_with(std::string());
    return true;
  };
  if (redirects && rules_.listing) return redirect();
  const std::string index_path = path.path + "/index.html";
  const auto index = site_->find(c.version->snapshot, index_path);
  if (!index && !is_absent(index.error())) {
    answer_fault(c, index.error());
    return true;
  }
  if (index && index->is_blob()) {
    if (redirects) return redirect();
    answer_blob(c, *index, index_path);
    return true;
  }
  // A file beside it, or a rule, may be about a folder that has nothing to send.
  if (!rules_.listing) return answer_html(c, path) || (redirects && !has_rules && redirect());
  auto list = make_listing(site_, c.version, path.path);
  if (!list) {
    if (is_absent(list.error())) return false;
    answer_fault(c, list.error());
    return true;
  }
  c.writer()
      .begin(200)
      .field("Content-Type", "text/html; charset=utf-8")
      .field("Cache-Control", "no-cache")
      .field("Content-Security-Policy", kOwnPolicy)
      .end_with_unknown_length(std::move(*list));
  return true;
}

// Sends the file at `path` as the page of another status: without validators, for it is not the file at the request's
// path.
bool http_responder::answer_page(const call& c, std::string_view path, int status) {
  const auto n = site_->find(c.version->snapshot, path);
  if (!n || !n->is_blob()) return false;
  const auto facts = site_->facts(*n);
  if (!facts || (*facts)->streams) return false;
  auto content = site_->whole(**facts, content_form::plain);
  if (!content) return false;
  const std::uint64_t size = (*content)->size;
  const std::string_view type = content_type(media_of(path), look_for_signs((*content)->view()));
  c.out.content = std::move(*content);
  c.writer().begin(status).field("Content-Type", type).field("Cache-Control", "no-cache").end_with(size);
  return true;
}

// The page is the file 404.html of the nearest folder that has one, beginning with the one that `path` is in.
void http_responder::answer_absent(const call& c, std::string_view path) {
  constexpr std::string_view page = "404.html";
  std::string nearest;
  std::string here;
  for (std::size_t level = 0, at = 0; level < kMostLevels; ++level) {
    here.assign(path.substr(0, at)).append(at > 0 ? "/" : "").append(page);
    if (const auto n = site_->find(c.version->snapshot, here); n && n->is_blob()) nearest = here;
    const std::size_t next = path.find('/', at + (at > 0 ? 1 : 0));
    if (next == std::string_view::npos) break;
    const auto n = site_->find(c.version->snapshot, path.substr(0, next));
    if (!n || n->kind != entry_kind::directory) break;
    at = next;
  }
  if (nearest.empty() || !answer_page(c, nearest, 404)) c.error(404);
}

}  // namespace docteur::cache_vm
