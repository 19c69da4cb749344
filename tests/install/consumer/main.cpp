// An outside user of the reader: the id of the empty blob, which every Git knows.
#include <string_view>

#include "object/hasher.hpp"

int main() {
  const docteur::oid id = docteur::object_id(docteur::hash_kind::sha1, docteur::object_type::blob, {});
  const docteur::oid_hex hex = docteur::to_hex(id);
  return std::string_view(hex.data(), hex.size()) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391" ? 0 : 1;
}
