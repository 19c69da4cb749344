#include "trust/signed_object.hpp"

#include <array>
#include <string_view>

#include "object/commit.hpp"

namespace docteur {
namespace {

struct opening {
  std::string_view line;
  signature_format format;
};
// git's gpg-interface.c.
constexpr std::array<opening, 4> kOpenings{{{"-----BEGIN PGP SIGNATURE-----", signature_format::openpgp},
                                            {"-----BEGIN PGP MESSAGE-----", signature_format::openpgp},
                                            {"-----BEGIN SSH SIGNATURE-----", signature_format::ssh},
                                            {"-----BEGIN SIGNED MESSAGE-----", signature_format::x509}}};

signature_format format_at(std::string_view text) {
  for (const opening& o : kOpenings)
    if (text.starts_with(o.line)) return o.format;
  return signature_format::unknown;
}

// Iterates over the lines of an object, each with its newline.
class lines {
 public:
  explicit lines(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  std::string_view take() {
    const std::size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end == std::string_view::npos ? rest_.size() : end + 1);
    rest_.remove_prefix(line.size());
    return line;
  }

 private:
  std::string_view rest_;
};

struct parted_header {
  std::string payload;
  std::string signature;  // of the kind's own header
  unsigned signatures = 0;
};

// As git's parse_buffer_signed_by_header(): removes headers that begin with "gpgsig", with their continuation lines.
parted_header part_header(hash_kind kind, std::string_view content) {
  const std::string_view own = kind == hash_kind::sha1 ? "gpgsig " : "gpgsig-sha256 ";
  parted_header p;
  enum class at { kept, signature, other } where = at::kept;
  for (lines l(content); !l.done();) {
    const std::string_view all = l.rest();
    std::string_view line = l.take();
    if (line == "\n") {
      p.payload += all;
      break;
    }
    if (line.starts_with(' ')) {
      line.remove_prefix(where == at::signature ? 1 : 0);
    } else if (line.starts_with(own)) {
      where = at::signature;
      line.remove_prefix(own.size());
      ++p.signatures;
    } else {
      where = line.starts_with("gpgsig") ? at::other : at::kept;
    }
    if (where == at::kept) p.payload += line;
    if (where == at::signature) p.signature += line;
  }
  return p;
}

// The date in the header line with this key; 0 if there is none.
std::int64_t date_of(std::string_view content, std::string_view key) {
  for (lines l(content); !l.done();) {
    std::string_view line = l.take();
    if (line == "\n") break;
    if (!line.starts_with(key) || !line.ends_with('\n')) continue;
    line.remove_suffix(1);
    return parse_signature(line.substr(key.size())).seconds;
  }
  return 0;
}

outcome<std::optional<signed_object>> split_commit(hash_kind kind, std::string_view content) {
  parted_header p = part_header(kind, content);
  if (p.signatures > 1) return give_up(blame::input, "more than one signature");
  if (p.signatures == 0) return std::nullopt;
  const signature_format format = format_at(p.signature);
  return signed_object{std::move(p.payload), std::move(p.signature), format, date_of(content, "committer ")};
}

// As git's parse_signed_buffer(): from the last line that opens a signature on.
outcome<std::optional<signed_object>> split_tag(hash_kind kind, std::string_view content) {
  std::optional<std::size_t> begin;
  for (lines l(content); !l.done(); l.take())
    if (format_at(l.rest()) != signature_format::unknown) begin = content.size() - l.rest().size();
  if (!begin) return std::nullopt;
  parted_header p = part_header(kind, content.substr(0, *begin));
  if (p.signatures > 0) return give_up(blame::input, "more than one signature");
  const std::string_view signature = content.substr(*begin);
  return signed_object{std::move(p.payload), std::string(signature), format_at(signature), date_of(content, "tagger ")};
}

}  // namespace

outcome<std::optional<signed_object>> split_signed_object(hash_kind kind, object_type type, std::string_view content) {
  return type == object_type::tag ? split_tag(kind, content) : split_commit(kind, content);
}

}  // namespace docteur
