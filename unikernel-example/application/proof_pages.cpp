#include "unikernel-example/application/proof_pages.hpp"

#include <algorithm>
#include <string>

#include "object/sha256.hpp"
#include "proof/proof_format.hpp"
#include "proof/write_commit_proof.hpp"
#include "proof/write_list_proof.hpp"
#include "unikernel-example/application/http_conditions.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::string_view kFront = ".docteur/proof";
constexpr std::string_view kIndex = "index.html";

constexpr std::string_view kCompact = "?compact";

}  // namespace

struct proof_pages::place {
  shared_version in;
  std::string path;
};

// The version and the path in it that follow the front.
result<proof_pages::place> proof_pages::find_place(site& s, bool by_version, const request_path& path) {
  mounted_versions& versions = s.shared().versions();
  std::string_view rest = std::string_view(path.path).substr(std::min(path.path.size(), kFront.size() + 1));
  DOCTEUR_TRY(named, versions.take(rest, by_version));
  place out{named ? std::move(named) : versions.first(), {}};
  out.path = rest;
  if (!path.is_directory) return out;
  std::string index = out.path.empty() ? std::string(kIndex) : out.path + "/" + std::string(kIndex);
  const auto n = out.in->snapshot.find(index);
  if (n && n->is_blob()) {
    out.path = std::move(index);
  } else if (const auto folder = out.in->snapshot.find(out.path); !folder || !folder->is_folder()) {
    return fail(errc::not_found, 0, "no such folder");
  }
  return out;
}

result<owned_array<std::byte>> proof_pages::make_compact(site& s, const place& where) {
  const snapshot& paths = where.in->snapshot;
  // Before all paths are listed for it.
  if (!s.image().sections() || s.image().sections()->find(section_type::files) == nullptr)
    return fail(errc::not_found, 0, "no list of files");
  if (paths.commit_id() != s.image().commit_id()) return fail(errc::not_found, 0, "a version without a list of files");
  const auto n = paths.find(where.path);
  if (!n) return fail(errc::not_found, 0, "no such path");
  if (!leaves_) {
    DOCTEUR_TRY(leaves, list_leaves(paths, s.shared().options().heap));
    leaves_ = std::move(leaves);
  }
  std::optional<oid> content;
  if (n->kind == entry_kind::submodule) {
    content = sha256_of(paths.submodules()[n->position].view());
  } else if (n->is_blob()) {
    DOCTEUR_TRY(facts, s.facts(*n));
    if (!facts->streams) {
      DOCTEUR_TRY(whole, s.whole(object_facts(*facts), content_form::plain));
      content = sha256_of(whole->view());
    }
  }
  return write_list_proof(s.image(), paths, leaves_->span(), *n, where.path, content, s.shared().options().heap);
}

bool proof_pages::has(const request_path& path) noexcept {
  return path.path.starts_with(kFront) && (path.path.size() == kFront.size() || path.path[kFront.size()] == '/');
}

result<done> proof_pages::answer(site& s, bool by_version, const http_request& r, const request_path& path,
                                 std::int64_t now, const reply_context& context, http_reply& out) {
  DOCTEUR_TRY(where, find_place(s, by_version, path));
  DOCTEUR_TRY(proof, path.query == kCompact ? make_compact(s, where)
                                            : write_commit_proof(s.reader(), s.shared().versions().list(),
                                                                 where.in->snapshot.commit_id(), where.path));
  // One is always made, however little memory there is for what is sent.
  const std::uint64_t held = live_->load(std::memory_order_relaxed);
  if (held > 0 && held + proof.size() > s.shared().options().sent_bytes)
    return fail(errc::out_of_memory, 0, "clients hold too many proofs");
  const entity_tag tag(sha256_of(proof.span()));
  reply_writer w(out, context);
  const auto begin = [&](int status) -> reply_writer& {
    return w.begin(status).field("ETag", tag.view()).field("Cache-Control", "no-cache");
  };
  switch (evaluate_conditions(r, tag.view(), std::nullopt, now)) {
    case precondition::failed: w.error(412); return done{};
    case precondition::not_modified: begin(304).end_without_body(); return done{};
    case precondition::proceed: break;
  }
  if (!context.is_head) {
    auto c = std::make_shared<content>();
    c->data.reset(new std::byte[proof.size()]);
    c->size = proof.size();
    std::ranges::copy(proof.span(), c->data.get());
    c->counted = live_;
    live_->fetch_add(c->size, std::memory_order_relaxed);
    out.content = std::move(c);
  }
  begin(200)
      .field("Content-Type", kProofMedia)
      .field("X-Content-Type-Options", "nosniff")
      .end_with(std::uint64_t{proof.size()});
  return done{};
}

}  // namespace docteur::cache_vm
