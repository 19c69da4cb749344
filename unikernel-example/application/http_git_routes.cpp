// http_responder's answers to clients of Git.

#include "unikernel-example/application/http_call.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/request_body.hpp"

namespace docteur::cache_vm {

bool http_responder::answer_git(const call& c, const request_path& path) {
  constexpr std::string_view info = "info/refs";
  if (c.request.method == http_method::post) {
    answer_git_post(c);
    return true;
  }
  // A client without the parameter asks for a file, which repositories on servers of plain files have.
  constexpr std::string_view service = "?service=git-";
  if (!path.query.starts_with(service) || path.is_directory || !path.path.starts_with(rules_.git_prefix) ||
      std::string_view(path.path).substr(rules_.git_prefix.size()) != info)
    return false;
  const auto own = has_own(path.path);
  if (!own) {
    answer_fault(c, own.error());
    return true;
  }
  if (*own) return false;
  if (path.query != "?service=git-upload-pack") {
    c.error(403);  // as git http-backend answers a push
    return true;
  }
  if (!git_) git_.emplace(site_);
  auto text = git_->advertise(git_protocol_version(c.request.git_protocol.value_or(std::string_view())),
                              c.request.user_agent.value_or(std::string_view()));
  if (!text) {
    answer_fault(c, text.error());
  } else {
    send_git(c, "application/x-git-upload-pack-advertisement", {std::move(*text)});
  }
  return true;
}

void http_responder::answer_git_post(const call& c) {
  constexpr std::string_view type = "application/x-git-upload-pack-request";
  if (!c.request.content_type || !equal_ignoring_case(*c.request.content_type, type)) return c.error(415);
  const body_content body = decode_body(c.request, *limits_);
  if (body.status != 0) return c.error(body.status);
  const unsigned protocol = git_protocol_version(c.request.git_protocol.value_or(std::string_view()));
  const hash_kind kind = site_->image().kind();
  git_request asked;
  const git_parsed parsed = protocol == 2 ? parse_git_v2(body.text, kind, asked) : parse_git_v0(body.text, kind, asked);
  if (parsed.how == parsed::malformed) return c.error(400);
  if (!git_) git_.emplace(site_);
  git_answer a;
  if (parsed.how == parsed::refused) {
    a.front = git_remote::error_packet(parsed.why);
  } else {
    auto answer = git_->answer(protocol, asked);
    if (!answer) return answer_fault(c, answer.error());
    a = std::move(*answer);
  }
  send_git(c, "application/x-git-upload-pack-result", std::move(a));
}

void http_responder::send_git(const call& c, std::string_view type, git_answer a) {
  if (a.follows == git_answer::pack::whole) ++counts_->packs;
  std::uint64_t size = 0;
  c.out.body = make_body(site_, std::move(a), scratch_, size);
  c.writer().begin(200).field("Content-Type", type).field("Cache-Control", "no-cache").end_with(size);
}

result<bool> http_responder::has_own(std::string_view path) {
  mounted_versions& versions = site_->shared().versions();
  shared_version in = versions.first();
  if (rules_.versions) {
    auto named = versions.take(path, true);
    if (!named && named.error().code == errc::not_found) return false;
    if (!named) return tl::make_unexpected(named.error());
    in = std::move(*named);
  }
  const auto n = site_->find(in->snapshot, path);
  if (!n && !is_absent(n.error())) return tl::make_unexpected(n.error());
  return n && n->is_blob();
}

}  // namespace docteur::cache_vm
