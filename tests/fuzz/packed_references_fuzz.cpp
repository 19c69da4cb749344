// Property: packed-refs gives the same result in pieces of any size, and the result for a name is in one of its lines.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/hex_digits.hpp"
#include "fuzz/property.hpp"
#include "source/repository/packed_references.hpp"

namespace {

using namespace docteur;

const std::array<std::string, 2> kNames{"refs/heads/main", "x"};

outcome<std::vector<std::optional<oid>>> search(std::string_view text, std::size_t piece) {
  packed_reference_search all(kNames, hash_kind::sha1);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    if (const auto taken = all.take(text.substr(0, piece)); !taken) return tl::unexpected<failure>(taken.error());
  return all.finish();
}

bool has_line(std::string_view text, const oid& id, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.size() == hex_size(hash_kind::sha1) + 1 + name.size() && line.ends_with(name) &&
        leading_id(line, hash_kind::sha1) == id)
      return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(fuzz_input(data, size));
  const auto whole = search(text, std::max<std::size_t>(text.size(), 1));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
    const auto cut = search(text, piece);
    PROPERTY(cut.has_value() == whole.has_value());
    if (!whole) PROPERTY(cut.error().message == whole.error().message && cut.error().who == blame::input);
    if (whole) PROPERTY(*cut == *whole);
  }
  if (!whole) return 0;
  PROPERTY(text.empty() || text.ends_with('\n'));
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if ((*whole)[i]) PROPERTY(has_line(text, *(*whole)[i], kNames[i]));
  return 0;
}
