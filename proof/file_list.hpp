#pragma once
// The list of all files of a commit as a Merkle tree, whose root can be signed. doc/PROOF.md, "The list of files".
// Guest-safe.
//
// A leaf for each path that is no folder, in ascending order of the paths' bytes:
//   SHA-256(0x00, number: bytes of the path, path, number: mode, SHA-256 of the content)
// A node: SHA-256(0x01, left, right). A node without a right neighbour is the same on the next level, so that the root
// is the Merkle Tree Hash of RFC 9162, section 2.1.1. The mode is canonical_mode(). The content of a submodule is its
// commit's id as it lies in the tree.
//
// What is signed is the statement, a text of five lines.

#include <array>
#include <cstdint>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"
#include "object/tree.hpp"

namespace docteur {

inline constexpr std::size_t kListHash = 32;                   // bytes of a leaf, a node, the root
inline constexpr unsigned kListLevels = 4;                     // from one level that the section keeps to the next
inline constexpr std::string_view kListNamespace = "docteur";  // of signatures of ssh-keygen

enum class list_signature_kind : std::uint8_t {
  none = 0,
  ssh = 1,      // SSHSIG (PROTOCOL.sshsig of OpenSSH), without armour
  openpgp = 2,  // RFC 9580, detached, without armour
};

struct list_statement {
  oid commit;
  std::uint64_t date = 0;   // of the commit's committer, seconds since 1970; 0 for one before
  std::uint64_t files = 0;  // leaves
  oid root;                 // of SHA-256
};

// "docteur list 1\ncommit sha1:HEX\ndate N\nfiles N\nroot sha256:HEX\n"
class statement_text {
 public:
  explicit statement_text(const list_statement& of) noexcept;
  [[nodiscard]] std::string_view view() const& noexcept { return {text_.data(), size_}; }
  std::string_view view() const&& = delete;  // it would outlive the text

 private:
  void add(std::string_view text) noexcept;
  void add_number(std::uint64_t v) noexcept;
  std::array<char, 256> text_;
  std::size_t size_ = 0;
};

// `content`: the SHA-256 of it.
[[nodiscard]] oid list_leaf(std::string_view path, std::uint32_t mode, const oid& content) noexcept;
// Both of kListHash bytes.
[[nodiscard]] oid list_node(bytes left, bytes right) noexcept;

// Replaces `count` nodes by those of the next level, in place. Returns their number.
std::uint64_t reduce_level(mutable_bytes nodes, std::uint64_t count) noexcept;
// The same for as many levels as lie between two that the list section keeps (layout/list_section.hpp).
std::uint64_t reduce_levels(mutable_bytes nodes, std::uint64_t count) noexcept;

// How many nodes prove leaf number `index` of `files`; index < files.
[[nodiscard]] unsigned count_siblings(std::uint64_t index, std::uint64_t files) noexcept;
// The root that follows from a leaf and the nodes beside its way, from the bottom up: as many as count_siblings() says.
[[nodiscard]] oid list_root(const oid& leaf, std::uint64_t index, std::uint64_t files, bytes siblings) noexcept;

}  // namespace docteur
