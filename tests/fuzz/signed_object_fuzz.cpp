// Property: the signed text and the signature are both in the object, and the signed text has no signature left; a tag
// is exactly the two. A commit made from any other one quotes it, and a quotation that is found is true.
#include <string>

#include "fuzz/property.hpp"
#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "source/selection/derived_commit.hpp"
#include "trust/openpgp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  const bytes in = fuzz_input(data, size);
  const std::string_view text = as_text(in);
  for (const object_type type : {object_type::commit, object_type::tag}) {
    const auto parts = split_signed_object(hash_kind::sha1, type, text);
    if (!parts || !*parts) continue;
    const signed_object& s = **parts;
    PROPERTY(s.payload.size() + s.signature.size() <= text.size());
    if (type == object_type::tag) {
      PROPERTY(text.ends_with(s.signature));
      PROPERTY(text.find("gpgsig") != std::string_view::npos || s.payload + s.signature == text);
    } else {
      const auto again = split_signed_object(hash_kind::sha1, type, s.payload);
      PROPERTY(again && !*again);
    }
  }
  if (const auto d = find_derivation(text))
    PROPERTY(object_id(hash_kind::sha1, object_type::commit, as_bytes(d->content)) == d->original);
  if (parse_commit(in, hash_kind::sha1)) {
    const oid id = object_id(hash_kind::sha1, object_type::commit, in);
    const std::string changes[] = {"a change"};
    const auto made = make_derived_commit(id, id, text, changes);
    PROPERTY(made);
    const auto head = parse_commit(as_bytes(*made), hash_kind::sha1);
    PROPERTY(head && head->tree == id && head->parents == 0);
    const auto d = find_derivation(head->message);
    PROPERTY(d && d->content == text && d->original == id);
  }
  (void)read_gpg_status(text, 0, key_trust::undefined);
  return 0;
}
