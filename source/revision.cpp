#include "source/revision.hpp"

#include <algorithm>
#include <optional>

#include "layout/tag_section.hpp"
#include "object/commit.hpp"
#include "object/sha1.hpp"
#include "source/git_handle.hpp"
#include "source/printable.hpp"
#include "source/reference_rules.hpp"

namespace docteur {
namespace {

constexpr std::size_t kLeastShortId = 4;    // digits, git's own bound
constexpr std::size_t kMostCandidates = 5;  // named when a short id is ambiguous

std::string hex_text(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

// Lower-case digits, or nothing when `name` has other characters.
std::string hex_digits(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
      out += c;
    } else if (c >= 'A' && c <= 'F') {
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      return {};
    }
  }
  return out;
}

class resolver {
 public:
  resolver(git_repository* repository, const git_objects& objects, std::string_view name)
      : repository_(repository), objects_(objects), name_(name), shown_(printable(name)) {}

  outcome<revision> run() {
    DOCTEUR_TRY(id, find());
    DOCTEUR_TRY(found, peel(id));
    found.remarks = std::move(remarks_);
    return found;
  }

 private:
  outcome<oid> find() {
    const std::string digits = hex_digits(name_);
    if (digits.size() == kOidHexSize) return *parse_hex(digits);
    int valid = 0;
    if (git_reference_name_is_valid(&valid, ("refs/heads/" + name_).c_str()) != 0 || valid == 0) {
      return give_up(blame::usage,
                     shown_ + ": is neither a reference nor a commit id; expressions such as HEAD~1 are not supported");
    }
    DOCTEUR_TRY(by_reference, find_reference());
    if (by_reference) return *by_reference;
    if (digits.size() >= kLeastShortId && digits.size() < kOidHexSize) return find_short(digits);
    return give_up(blame::input, shown_ + ": no such branch, tag or commit");
  }

  // Nothing when no rule leads to a reference.
  outcome<std::optional<oid>> find_reference() {
    std::optional<oid> found;
    std::string first;
    for (const reference_rule& r : kReferenceRules) {
      const std::string full = r.full(name_);
      git_reference* raw = nullptr;
      if (git_reference_lookup(&raw, repository_, full.c_str()) != 0) continue;
      const reference_handle reference(raw);
      if (git_reference_resolve(&raw, reference.get()) != 0) {
        if (full == "HEAD") {
          return give_up(blame::input, std::string("HEAD points to ") +
                                           printable(git_reference_symbolic_target(reference.get())) +
                                           ", which has no commit yet");
        }
        continue;  // points to nothing, as git's dwim_ref() has it
      }
      const reference_handle direct(raw);
      const git_oid* const target = git_reference_target(direct.get());
      if (target == nullptr) continue;
      if (!found) {
        found = from_git(*target);
        first = full;
      } else if (r.after.empty()) {
        remarks_.push_back(shown_ + " is ambiguous: took " + printable(first) + ", not " + printable(full));
      }
    }
    return found;
  }

  outcome<oid> find_short(const std::string& digits) {
    DOCTEUR_TRY(candidates, objects_.find_prefix(digits));
    // Only commits are meant: `REV^{commit}` in git narrows the same way.
    std::erase_if(candidates, [&](const oid& id) { return !peel(id); });
    if (candidates.empty()) return give_up(blame::input, shown_ + ": no such branch, tag or commit");
    if (candidates.size() == 1) return candidates.front();
    std::string list;
    for (std::size_t i = 0; i < std::min(candidates.size(), kMostCandidates); ++i)
      list += (i == 0 ? "" : ", ") + hex_text(candidates[i]);
    return give_up(blame::input, shown_ + ": is ambiguous, it begins the ids of " + list +
                                     (candidates.size() > kMostCandidates ? ", ..." : ""));
  }

  outcome<revision> peel(oid id) const {
    revision found;
    const auto object_named = [&] {
      const std::string text = hex_text(id);
      return shown_ == text ? "object " + text : shown_ + ": object " + text;
    };
    std::vector<std::byte> content;
    while (found.tags.size() <= kMostTags) {
      const auto type = objects_.read(id, content);
      if (!type) return give_up(blame::input, object_named() + " " + type.error().why);
      if (object_id(*type, content) != id) return give_up(blame::input, object_named() + " is damaged");
      if (*type == object_type::commit) {
        found.commit = id;
        return found;
      }
      if (*type != object_type::tag)
        return give_up(blame::input, object_named() + " is a " + std::string(name(*type)) + ", not a commit");
      const auto tag = parse_tag(content);
      if (!tag) return give_up(blame::input, object_named() + ": a malformed tag: " + tag.error().what);
      found.tags.push_back(id);
      id = tag->target;
    }
    return give_up(blame::input, shown_ + ": too many tags of tags");
  }

  git_repository* repository_;
  const git_objects& objects_;
  std::string name_;
  std::string shown_;
  std::vector<std::string> remarks_;
};

}  // namespace

outcome<revision> resolve_revision(git_repository* repository, const git_objects& objects, std::string_view name) {
  return resolver(repository, objects, name.empty() || name == "@" ? "HEAD" : name).run();
}

}  // namespace docteur
