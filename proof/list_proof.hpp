#pragma once
// A proof from a signed list of files to one of them (proof/file_list.hpp): checks one without the image. doc/PROOF.md,
// "List form". Guest-safe: views of the proof's bytes, no memory.
//
//   after the frame (proof/proof_format.hpp):
//   number, path        not empty
//   number              mode
//   number, SHA-256     of the content, 32 bytes; or 0: the writer did not read it, and the checker needs the content
//   number              index of the leaf
//   number              files in the list
//   number              date in the statement
//   commit              its id, 20 or 32 bytes
//   nodes               32 bytes each, as many as count_siblings() says
//   u8                  kind of the signature; 0: none
//   number, signature   if there is one
//
// The proof by itself proves nothing: who signed the statement, or which root was expected, decides.

#include <cstdint>
#include <optional>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"
#include "proof/file_list.hpp"

namespace docteur {

struct list_proof {
  hash_kind kind;  // of the commit's id
  std::string_view path;
  std::uint32_t mode;
  std::optional<oid> content;  // its SHA-256
  std::uint64_t index;
  list_statement statement;  // its root is not computed yet: proven_statement()
  bytes siblings;
  list_signature_kind signature_kind;
  bytes signature;
};

// `proof`: all of it. Errors: those of the frame, malformed.
[[nodiscard]] result<list_proof> read_list_proof(bytes proof) noexcept;

// The statement whose list has content of this SHA-256 at the path.
[[nodiscard]] list_statement proven_statement(const list_proof& p, const oid& content) noexcept;

}  // namespace docteur
