#include "proof/proof_format.hpp"

#include <array>

#include "layout/number.hpp"

namespace docteur {

result<proof_head> take_proof_head(cursor& from) noexcept {
  const std::uint64_t at = from.at();
  DOCTEUR_TRY(raw, from.take(kProofHead));
  if (as_text(raw.first(kProofMagic.size())) != kProofMagic) return fail(errc::bad_magic, at, "not a proof");
  if (std::to_integer<std::uint8_t>(raw[4]) != kProofVersion)
    return fail(errc::bad_version, at + 4, "unknown version of the proof format");
  const auto form = proof_form{std::to_integer<std::uint8_t>(raw[5])};
  if (form != proof_form::commit && form != proof_form::list)
    return fail(errc::bad_version, at + 5, "unknown form of proof");
  const auto kind = hash_kind{std::to_integer<std::uint8_t>(raw[6])};
  if (kind != hash_kind::sha1 && kind != hash_kind::sha256)
    return fail(errc::malformed, at + 6, "unknown kind of hash");
  return proof_head{form, kind};
}

result<std::uint64_t> take_proof_number(cursor& from, std::uint64_t most) noexcept {
  const std::uint64_t at = from.at();
  std::uint64_t value = 0;
  switch (take_number(from, most, value)) {
    case number_fault::none: return value;
    case number_fault::cut: return fail(errc::truncated, at, "a number of the proof is cut");
    case number_fault::too_long: return fail(errc::malformed, at, "a number takes more bytes than needed");
    case number_fault::too_large: break;
  }
  return fail(errc::too_large, at, "a number of the proof is over its limit");
}

result<bytes> take_proof_bytes(cursor& from, std::uint64_t most) noexcept {
  DOCTEUR_TRY(size, take_proof_number(from, most));
  return from.take(size);
}

result<done> proof_output::add(bytes raw) noexcept {
  DOCTEUR_TRY(to, extend(raw.size()));
  std::copy(raw.begin(), raw.end(), to.begin());
  return done{};
}

result<done> proof_output::add_number(std::uint64_t v) noexcept { return add(number_bytes(v).view()); }

result<done> proof_output::add_sized(bytes raw) noexcept {
  DOCTEUR_CHECK(add_number(raw.size()));
  return add(raw);
}

result<done> proof_output::add_head(const proof_head& h) noexcept {
  DOCTEUR_CHECK(add(as_bytes(kProofMagic)));
  const std::array<std::byte, 3> rest{static_cast<std::byte>(kProofVersion), static_cast<std::byte>(h.form),
                                      static_cast<std::byte>(h.kind)};
  return add(rest);
}

result<mutable_bytes> proof_output::extend(std::uint64_t n) noexcept {
  if (n > kMostProof - out_.size()) return fail(errc::too_large, 0, "the proof would be over its limit");
  const std::size_t at = out_.size();
  DOCTEUR_CHECK(out_.resize(at + static_cast<std::size_t>(n)));
  return out_.span().subspan(at);
}

}  // namespace docteur
