#include "unikernel-example/application/representation.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "unikernel-example/application/available_dictionary.hpp"
#include "unikernel-example/application/gzip_member.hpp"

namespace docteur::cache_vm {
namespace {

struct candidate {
  coding form;
  content_form kept;
  const object_facts* of;
  std::uint64_t size;
  const shared_content* content;  // if it was made already
  unsigned weight;
};

// What is compared after the weight.
[[nodiscard]] int rank(coding form) noexcept {
  if (form == coding::identity) return 2;
  return form == coding::deflate ? 1 : 0;
}

[[nodiscard]] bool comes_before(const candidate& a, const candidate& b) noexcept {
  if (a.weight != b.weight) return a.weight > b.weight;
  if (rank(a.form) != rank(b.form)) return rank(a.form) < rank(b.form);
  return a.size < b.size;
}

// Browsers do not decode gzip that is coded as gzip once more, since servers send Content-Encoding for the file's own.
[[nodiscard]] bool is_gzip_file(std::string_view media_type) noexcept {
  constexpr std::array<std::string_view, 4> types{"application/gzip", "application/x-gzip",
                                                  "application/x-gtar-compressed", "application/x-compressed-tar"};
  return std::ranges::find(types, media_type) != types.end();
}

// What the client has of the same path.
[[nodiscard]] std::optional<dictionary_maker::request> dictionary_of(site& s, const served_file& file,
                                                                     const http_request& r,
                                                                     const accepted_codings& accepted) {
  if (!r.available_dictionary || accepted.weight(coding::dcz) == 0 || !file.may_have_dictionary(s)) return std::nullopt;
  const auto hash = parse_available_dictionary(*r.available_dictionary);
  if (!hash) return std::nullopt;
  return dictionary_maker::request{file.path, file.facts.position, *hash};
}

// All that are acceptable, best first.
class candidates {
 public:
  candidates(site& s, const served_file& file, const accepted_codings& accepted, shared_content with_dictionary)
      : accepted_(&accepted), with_dictionary_(std::move(with_dictionary)) {
    const object_facts& f = file.facts;
    add(coding::identity, content_form::plain, f, f.size);
    for (const beside_file& b : file.beside) add(b.form, content_form::plain, b.facts, b.facts.size);
    if (f.deflate) {
      if (!is_gzip_file(file.media_type)) add(coding::gzip, content_form::gzip, f, gzip_size(f.deflate->size));
      add(coding::deflate, content_form::zlib, f, f.deflate->size);
    } else if (accepted.weight(coding::gzip) > 0 && file.may_be_made(s)) {
      // It is looked for in the cache only, which makes no error.
      if (auto made = s.whole(f, content_form::made_gzip); made && *made) {
        made_gzip_ = std::move(*made);
        add(coding::gzip, content_form::made_gzip, f, made_gzip_->size, &made_gzip_);
      }
    }
    if (with_dictionary_) add(coding::dcz, content_form::made_dcz, f, with_dictionary_->size, &with_dictionary_);
  }
  candidates(const candidates&) = delete;
  candidates& operator=(const candidates&) = delete;
  [[nodiscard]] std::span<const candidate> all() const noexcept { return {all_.data(), size_}; }

 private:
  void add(coding form, content_form kept, const object_facts& of, std::uint64_t size,
           const shared_content* content = nullptr) {
    const candidate c{form, kept, &of, size, content, accepted_->weight(form)};
    if (c.weight == 0) return;
    std::size_t at = size_++;
    for (; at > 0 && comes_before(c, all_[at - 1]); --at) all_[at] = all_[at - 1];
    all_[at] = c;
  }

  const accepted_codings* accepted_;
  shared_content made_gzip_;
  shared_content with_dictionary_;
  std::array<candidate, 1 + kCodings + 3> all_;  // not initialized: this is done for each request
  std::size_t size_ = 0;
};

[[nodiscard]] representation plain_of(const object_facts& f) {
  return {coding::identity, f, content_form::plain, entity_tag(f.id), f.size};
}

// nullopt: it is not there.
result<std::optional<representation>> load(site& s, const candidate& c) {
  if (c.kept == content_form::plain)
    return representation{c.form, *c.of, c.kept, entity_tag(c.of->id, c.form), c.of->size};
  shared_content content;
  if (c.content != nullptr) {
    content = *c.content;
  } else {
    DOCTEUR_TRY(stream, s.whole(*c.of, c.kept));
    if (!stream) return std::optional<representation>();
    content = std::move(stream);
  }
  const entity_tag tag(c.of->id, c.form, content->crc);
  const std::uint64_t size = content->size;
  return representation{c.form, *c.of, c.kept, tag, size, std::move(content)};
}

// Whether it is worth loading to see if the client has it.
[[nodiscard]] bool may_be_named(const http_request& r, const candidate& c) noexcept {
  const entity_tag tag(c.of->id, c.form);
  std::string_view front = tag.view();
  front.remove_suffix(1);
  return mentions(r, front);
}

}  // namespace

bool served_file::may_be_made(const site& s) const noexcept {
  return s.may_be_coded(facts) && is_compressible(media_type);
}

bool served_file::may_have_dictionary(const site& s) const noexcept {
  return !path.empty() && s.may_have_dictionary(facts) && is_compressible(media_type);
}

result<representation> choose_representation(site& s, const served_file& file, const http_request& r) {
  if (!r.accept_encoding) return plain_of(file.facts);  // nothing else is acceptable: accepted_codings
  const accepted_codings accepted(r.accept_encoding);
  const auto has = dictionary_of(s, file, r, accepted);
  shared_content with_dictionary = has ? s.shared().dictionaries().find(*has) : nullptr;
  const bool is_made = with_dictionary != nullptr;
  candidates list(s, file, accepted, std::move(with_dictionary));
  const bool has_tags = r.if_match || r.if_none_match || r.if_range;
  std::optional<representation> chosen;
  for (const candidate& c : list.all()) {
    if (chosen && !may_be_named(r, c)) continue;
    DOCTEUR_TRY(loaded, load(s, c));
    if (!loaded) continue;
    const bool is_named = has_tags && names_tag(r, loaded->tag.view());
    if (!chosen || is_named) chosen.emplace(std::move(*loaded));
    if (!has_tags || is_named) break;
  }
  if (!chosen) chosen.emplace(plain_of(file.facts));
  const bool is_plain_part = r.range && r.method == http_method::get && !r.if_range && !r.if_match;
  if (has && !is_made && !is_plain_part && accepted.weight(coding::dcz) >= accepted.weight(chosen->form) &&
      !(has_tags && names_tag(r, chosen->tag.view())))
    chosen->waits = s.want_dcz(*has);
  chosen->wants_gzip = chosen->form == coding::identity && file.may_be_made(s) && accepted.weight(coding::gzip) > 0 &&
                       accepted.weight(coding::gzip) >= accepted.weight(coding::identity);
  return std::move(*chosen);
}

void choose_ranges(const served_file& file, const http_request& r, std::uint32_t most, representation& chosen) {
  if (!r.range || r.method != http_method::get) return;
  const entity_tag plain(file.facts.id);
  bool is_chosen = true;
  if (r.if_range) {
    if (*r.if_range != chosen.tag.view()) return;
  } else if (!r.if_match || tag_matches(*r.if_match, plain.view(), comparison::strong)) {
    is_chosen = accepted_codings(r.accept_encoding).weight(coding::identity) == 0;
  }
  range_set ranges = parse_range(*r.range, is_chosen ? chosen.size : file.facts.size, most);
  if (ranges.state == range_set::kind::ignored) return;
  if (!is_chosen && chosen.form != coding::identity) chosen = plain_of(file.facts);
  chosen.ranges = std::move(ranges);
}

}  // namespace docteur::cache_vm
