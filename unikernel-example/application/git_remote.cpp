#include "unikernel-example/application/git_remote.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "unikernel-example/application/git_packets.hpp"
#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::string_view kAgent = "agent=docteur-cache";
constexpr std::size_t kMostOtherWants = 64;  // ids besides those of references: each is looked up on the device

[[nodiscard]] std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

// libgit2 up to 1.6 and dulwich take a line "shallow ID" among the references for a reference, and fail; git needs it,
// or it finds that parents are missing. Nothing else in a request of version 0 tells them apart.
[[nodiscard]] bool is_git_itself(std::string_view user_agent) noexcept {
  constexpr std::string_view front = "git/";
  return user_agent.size() > front.size() && user_agent.starts_with(front) && user_agent[front.size()] >= '0' &&
         user_agent[front.size()] <= '9' && user_agent.find("libgit2") == std::string_view::npos;
}

[[nodiscard]] bool has(const std::vector<oid>& sorted, const oid& id) noexcept {
  return std::ranges::binary_search(sorted, id);
}

}  // namespace

// Where the history that the client then has ends.
struct git_remote::boundary {
  std::vector<oid> shallow;    // commits whose parents it will not have
  std::vector<oid> unshallow;  // commits whose parents it had not, and now gets

  [[nodiscard]] std::string packets() const {
    std::string text;
    for (const oid& id : shallow) append_packet(text, "shallow " + hex(id));
    for (const oid& id : unshallow) append_packet(text, "unshallow " + hex(id));
    return text;
  }
};

std::string git_remote::error_packet(std::string_view why) {
  std::string text;
  append_packet(text, "ERR upload-pack: " + std::string(why) + "\n");
  return text;
}

result<git_references*> git_remote::references() {
  if (!references_) {
    DOCTEUR_TRY(all, git_references::load(*site_));
    references_ = std::move(all);
  }
  return &*references_;
}

result<std::string> git_remote::advertise(unsigned protocol, std::string_view user_agent) {
  std::string text;
  if (protocol == 2) {
    append_packet(text, "version 2\n");
    append_packet(text, std::string(kAgent) + "\n");
    append_packet(text, "ls-refs=unborn\n");
    append_packet(text, "fetch=shallow\n");
    append_packet(text, "object-format=" + std::string(name(site_->image().kind())) + "\n");
    return text.append(kFlush);
  }
  append_packet(text, "# service=git-upload-pack\n");
  text += kFlush;
  if (protocol == 1) append_packet(text, "version 1\n");
  DOCTEUR_TRY(rest, advertise_v0(protocol == 1 || is_git_itself(user_agent)));
  return text.append(rest);
}

result<std::string> git_remote::advertise_v0(bool with_shallow) {
  DOCTEUR_TRY(known, references());
  std::string capabilities =
      " side-band-64k ofs-delta shallow deepen-relative no-progress include-tag multi_ack_detailed no-done ";
  capabilities += "allow-tip-sha1-in-want allow-reachable-sha1-in-want ";
  if (!known->head_branch().empty()) capabilities.append("symref=HEAD:").append(known->head_branch()).append(" ");
  capabilities.append("object-format=").append(name(site_->image().kind())).append(" ").append(kAgent);
  std::string text;
  for (const git_reference& r : known->all()) {
    std::string line = hex(r.id) + " " + r.name;
    if (text.empty()) line.append(1, '\0').append(capabilities);
    append_packet(text, line + "\n");
    if (r.peeled) append_packet(text, hex(*r.peeled) + " " + r.name + "^{}\n");
  }
  if (with_shallow) {
    git_request all;
    all.wants = known->commits();
    DOCTEUR_TRY(ends, find_boundary(all));
    text += ends.packets();
  }
  return text.append(kFlush);
}

result<std::string> git_remote::list_references(const git_request& r) {
  DOCTEUR_TRY(known, references());
  std::string text;
  for (const git_reference& one : known->all()) {
    const auto begins = [&one](std::string_view prefix) { return one.name.starts_with(prefix); };
    if (!r.prefixes.empty() && !r.too_many_prefixes && std::ranges::none_of(r.prefixes, begins)) continue;
    std::string line = hex(one.id) + " " + one.name;
    if (r.symrefs && one.name == "HEAD" && !known->head_branch().empty())
      line.append(" symref-target:").append(known->head_branch());
    if (r.peel && one.peeled) line += " peeled:" + hex(*one.peeled);
    append_packet(text, line + "\n");
  }
  return text.append(kFlush);
}

result<std::string> git_remote::refuse_wants(const git_request& r) {
  DOCTEUR_TRY(known, references());
  std::size_t others = 0;
  for (const oid& id : r.wants) {
    if (known->commit_of(id)) continue;
    if (++others > kMostOtherWants) return std::string("too many objects that no reference names");
    DOCTEUR_TRY(position, site_->image().index().find(id));
    if (!position) return "not our ref " + hex(id);
  }
  return std::string();
}

// A commit ends the history if the asked depth is reached, or if the client will lack one of its parents. Without a
// depth it may have them already: so it gets a whole history when image after image shows commit after commit.
result<git_remote::boundary> git_remote::find_boundary(const git_request& r) {
  DOCTEUR_TRY(known, references());
  const std::set<oid> theirs(r.haves.begin(), r.haves.end());
  boundary ends;
  std::vector<bool> seen(known->commits().size());
  std::vector<std::size_t> level;
  const auto add = [&](std::vector<std::size_t>& to, std::optional<std::size_t> number) {
    if (!number || seen[*number]) return;
    seen[*number] = true;
    to.push_back(*number);
  };
  for (const oid& id : r.wants) add(level, known->commit_of(id));
  // The PACK brings the other commits as well, at any depth; without their ends `git fsck` would miss their parents.
  bool is_wanted = true;
  for (std::uint32_t depth = 1;; ++depth) {
    if (level.empty() && is_wanted) {
      is_wanted = false;
      for (const oid& id : known->commits()) add(level, known->commit_of(id));
    }
    if (level.empty()) return ends;
    std::vector<std::size_t> next;
    for (const std::size_t number : level) {
      const oid& commit = known->commits()[number];
      DOCTEUR_TRY(parents, known->parents(*site_, number));
      const auto is_missing = [&](const oid& p) {
        return !has(known->commits(), p) && (r.depth > 0 || !theirs.contains(p));
      };
      const bool was_shallow = has(r.shallows, commit);
      if (!parents->empty() && ((is_wanted && depth == r.depth) || std::ranges::any_of(*parents, is_missing))) {
        if (!was_shallow) ends.shallow.push_back(commit);
        continue;
      }
      if (was_shallow && r.depth > 0) ends.unshallow.push_back(commit);
      for (const oid& p : *parents)
        if (has(known->commits(), p)) add(next, known->commit_of(p));
    }
    level = std::move(next);
  }
}

result<git_answer> git_remote::answer(unsigned protocol, const git_request& r) {
  git_answer a;
  if (r.what == git_request::command::ls_refs) {
    DOCTEUR_TRY(list, list_references(r));
    a.front = std::move(list);
    return a;
  }
  DOCTEUR_TRY(why, refuse_wants(r));
  if (r.wants.empty()) why = "nothing is wanted";
  if (!why.empty()) {
    a.front = error_packet(why);
    return a;
  }
  return protocol == 2 ? fetch_v2(r) : fetch_v0(r);
}

namespace {

// What the client has already need not be sent; a part of the PACK cannot be.
[[nodiscard]] git_answer::pack choose_pack(const git_request& r, bool deepens) {
  const std::set<oid> theirs(r.haves.begin(), r.haves.end());
  const bool has_all = std::ranges::all_of(r.wants, [&](const oid& id) { return theirs.contains(id); });
  return has_all && !deepens ? git_answer::pack::empty : git_answer::pack::whole;
}

}  // namespace

// The first round ends the negotiation: whatever the client has, the answer is the same.
result<git_answer> git_remote::fetch_v2(const git_request& r) {
  DOCTEUR_TRY(known, references());
  git_answer a;
  if (!r.done) {
    append_packet(a.front, "acknowledgments\n");
    for (const oid& id : r.haves)
      if (known->commit_of(id)) append_packet(a.front, "ACK " + hex(id) + "\n");
    append_packet(a.front, "ready\n");
    a.front += kDelimiter;
  }
  DOCTEUR_TRY(ends, find_boundary(r));
  if (const std::string packets = ends.packets(); !packets.empty() || r.depth > 0) {
    append_packet(a.front, "shallow-info\n");
    a.front.append(packets).append(kDelimiter);
  }
  append_packet(a.front, "packfile\n");
  a.follows = choose_pack(r, !ends.unshallow.empty());
  a.side_band = a.ends = true;
  return a;
}

result<git_answer> git_remote::fetch_v0(const git_request& r) {
  DOCTEUR_TRY(known, references());
  git_answer a;
  bool deepens = false;
  if (r.depth > 0) {
    DOCTEUR_TRY(ends, find_boundary(r));
    deepens = !ends.unshallow.empty();
    a.front.append(ends.packets()).append(kFlush);
    if (r.haves.empty() && !r.done) return a;
  }
  std::string common;  // the last id that both have
  for (const oid& id : r.haves) {
    if (!known->commit_of(id)) continue;
    if (r.multi_ack_detailed) {
      append_packet(a.front, "ACK " + hex(id) + " common\n");
    } else if (common.empty()) {
      append_packet(a.front, "ACK " + hex(id) + "\n");
    }
    common = hex(id);
  }
  const bool is_ready = !common.empty() && r.multi_ack_detailed;
  if (!r.done && is_ready) append_packet(a.front, "ACK " + common + " ready\n");
  if (common.empty() || (is_ready && !r.done)) append_packet(a.front, "NAK\n");
  if (!r.done && !(is_ready && r.no_done)) return a;
  if (is_ready) append_packet(a.front, "ACK " + common + "\n");
  a.follows = choose_pack(r, deepens);
  a.side_band = a.ends = r.side_band;
  return a;
}

}  // namespace docteur::cache_vm
