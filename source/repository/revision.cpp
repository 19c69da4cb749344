#include "source/repository/revision.hpp"

#include <algorithm>
#include <optional>

#include "base/hex_digits.hpp"
#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "layout/tag_section.hpp"
#include "object/commit.hpp"
#include "source/repository/reference_rules.hpp"

namespace docteur {
namespace {

constexpr std::size_t kLeastShortId = 4;    // digits, git's own bound
constexpr std::size_t kMostCandidates = 5;  // named when a short id is ambiguous

class resolver {
 public:
  resolver(const references& refs, const git_objects& objects, std::string_view name)
      : refs_(refs), objects_(objects), name_(name), shown_(printable(name)) {}

  outcome<revision> run() {
    DOCTEUR_TRY(id, find());
    DOCTEUR_TRY(found, peel(id));
    found.remarks = std::move(remarks_);
    found.reference = std::move(reference_);
    return found;
  }

 private:
  outcome<oid> find() {
    const std::string digits = lower_digits(name_);
    if (digits.size() == hex_size(objects_.kind())) return *parse_hex(digits, objects_.kind());
    DOCTEUR_CHECK(check_revision_name(name_));
    DOCTEUR_TRY(by_reference, find_reference());
    if (by_reference) return *by_reference;
    if (digits.size() >= kLeastShortId && digits.size() < hex_size(objects_.kind())) return find_short(digits);
    return nothing_of_that_name();
  }

  [[nodiscard]] tl::unexpected<failure> nothing_of_that_name() const {
    const std::string why = remarks_.empty() ? "" : "; " + remarks_.front();
    return give_up(blame::input, shown_ + ": no such branch, tag or commit" + why);
  }

  // nullopt if no rule leads to a reference.
  outcome<std::optional<oid>> find_reference() {
    std::vector<std::string> names;
    for (const reference_rule& r : kReferenceRules)
      if (std::string full = r.full(name_); may_be_reference(full)) names.push_back(std::move(full));
    DOCTEUR_TRY(values, refs_.read(names));
    std::optional<oid> found;
    std::string first;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!values[i]) continue;
      DOCTEUR_TRY(last, follow(refs_, names[i], std::move(*values[i])));
      if (!last.id) {
        DOCTEUR_CHECK(leads_to_nothing(names[i], last.name));
      } else if (!found) {
        found = last.id;
        reference_ = names[i];
        first = names[i];
      } else if (names[i] != kReferenceRules.back().full(name_)) {
        remarks_.push_back(shown_ + " is ambiguous: took " + printable(first) + ", not " + printable(names[i]));
      }
    }
    return found;
  }

  // In the repository's own folder only names without a slash, such as HEAD and ORIG_HEAD, can be references.
  static bool may_be_reference(const std::string& full) {
    return is_reference_name(full) && (full.starts_with("refs/") || full.find('/') == std::string::npos);
  }

  // As in git's dwim_ref(), only HEAD must lead to an id.
  outcome<void> leads_to_nothing(const std::string& name, const std::string& last) {
    if (name == "HEAD") return give_up(blame::input, "HEAD points to " + printable(last) + ", which has no commit yet");
    remarks_.push_back(printable(name) + " was skipped: it points to " + printable(last) + ", which does not exist");
    return {};
  }

  outcome<oid> find_short(const std::string& digits) {
    DOCTEUR_TRY(candidates, objects_.find_prefix(digits));
    // Only commits count, as with git's `REV^{commit}`.
    std::vector<oid> commits;
    for (const oid& id : candidates) {
      DOCTEUR_TRY(type, type_of(id));
      if (type == object_type::commit) commits.push_back(id);
      if (type != object_type::tag) continue;
      const auto led = peel(id);
      if (led) commits.push_back(id);
      if (!led && led.error().who == blame::environment) return tl::unexpected<failure>(led.error());
    }
    candidates = std::move(commits);
    if (candidates.empty()) return nothing_of_that_name();
    if (candidates.size() == 1) return candidates.front();
    std::string list;
    for (std::size_t i = 0; i < std::min(candidates.size(), kMostCandidates); ++i)
      list += (i == 0 ? "" : ", ") + hex_text(candidates[i]);
    return give_up(blame::input, shown_ + ": is ambiguous: it begins the ids of " + list +
                                     (candidates.size() > kMostCandidates ? ", ..." : ""));
  }

  outcome<object_type> type_of(const oid& id) const {
    const auto info = objects_.info(id);
    if (!info) return give_up(info.error().who, shown_ + ": object " + hex_text(id) + " " + info.error().why);
    if (info->type) return *info->type;
    std::vector<std::byte> content;
    const auto type = objects_.read(id, content);
    if (!type) return give_up(type.error().who, shown_ + ": object " + hex_text(id) + " " + type.error().why);
    return *type;
  }

  outcome<revision> peel(oid id) const {
    revision found;
    const auto object_named = [&] {
      const std::string text = hex_text(id);
      return shown_ == text ? "object " + text : shown_ + ": object " + text;
    };
    std::vector<std::byte> content;
    std::optional<object_type> expected;  // the type that the tag before gives
    while (found.tags.size() <= kMostTags) {
      const auto type = objects_.read_verified(id, content);
      if (!type) return give_up(type.error().who, object_named() + " " + type.error().why);
      if (expected && *expected != *type) {
        return give_up(blame::input, object_named() + " is a " + std::string(name(*type)) + ", and tag " +
                                         hex_text(found.tags.back()) + " says it is a " + std::string(name(*expected)));
      }
      if (*type == object_type::commit) {
        found.commit = id;
        return found;
      }
      if (*type != object_type::tag)
        return give_up(blame::input, object_named() + " is a " + std::string(name(*type)) + ", not a commit");
      const auto tag = parse_tag(content, objects_.kind());
      if (!tag) return give_up(blame::input, object_named() + ": a malformed tag: " + tag.error().what);
      found.tags.push_back(id);
      id = tag->target;
      expected = tag->type;
    }
    return give_up(blame::input, shown_ + ": too many tags of tags");
  }

  const references& refs_;
  const git_objects& objects_;
  std::string name_;
  std::string shown_;
  std::string reference_;
  std::vector<std::string> remarks_;
};

}  // namespace

outcome<revision> resolve_revision(const references& refs, const git_objects& objects, std::string_view name) {
  return resolver(refs, objects, name.empty() || name == "@" ? "HEAD" : name).run();
}

}  // namespace docteur
