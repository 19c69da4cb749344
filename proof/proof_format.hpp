#pragma once
// The frame of a proof, and its limits. doc/PROOF.md. Guest-safe.
//
//   0   "DPRF"
//   4   u8 version of the format, 1
//   5   u8 form: 1 commit, 2 list
//   6   u8 kind of the repository's ids: 1 SHA-1, 2 SHA-256
//   7   what the form has (proof/commit_proof.hpp, proof/list_proof.hpp)
//
// Numbers are those of layout/number.hpp.

#include <cstdint>
#include <string_view>

#include "object/bytes.hpp"
#include "object/memory.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::string_view kProofMagic = "DPRF";
inline constexpr std::uint8_t kProofVersion = 1;
inline constexpr std::size_t kProofHead = 7;                          // bytes
inline constexpr std::uint64_t kMostProof = std::uint64_t{64} << 20;  // bytes of a whole proof
inline constexpr std::uint64_t kMostProofPath = 8192;                 // bytes, as limits::path_bytes
inline constexpr std::uint32_t kMostProofDepth = 2048;                // names in a path, as limits::tree_depth
inline constexpr std::string_view kProofMedia = "application/vnd.docteur.proof";  // its media type

enum class proof_form : std::uint8_t {
  commit = 1,  // tags, commit, trees
  list = 2,    // a leaf of the signed list of files
};

struct proof_head {
  proof_form form;
  hash_kind kind;
};

// Takes the first kProofHead bytes. Errors: truncated, bad_magic, bad_version, malformed.
[[nodiscard]] result<proof_head> take_proof_head(cursor& from) noexcept;

// Takes a number of at most `most`. Errors: truncated, malformed (longer than needed), too_large.
[[nodiscard]] result<std::uint64_t> take_proof_number(cursor& from, std::uint64_t most) noexcept;

// Takes a number and as many bytes. Errors: the same.
[[nodiscard]] result<bytes> take_proof_bytes(cursor& from, std::uint64_t most) noexcept;

// Appends to a proof that is written; at most kMostProof bytes. Errors: too_large, out_of_memory.
class proof_output {
 public:
  explicit proof_output(const memory& from) noexcept : out_(from) {}
  [[nodiscard]] result<done> add(bytes raw) noexcept;
  [[nodiscard]] result<done> add_number(std::uint64_t v) noexcept;
  [[nodiscard]] result<done> add_sized(bytes raw) noexcept;
  [[nodiscard]] result<done> add_head(const proof_head& h) noexcept;
  // Room for `n` more bytes at the end, to be filled by the caller.
  [[nodiscard]] result<mutable_bytes> extend(std::uint64_t n) noexcept;
  [[nodiscard]] owned_array<std::byte> take() noexcept { return std::move(out_); }

 private:
  owned_array<std::byte> out_;
};

}  // namespace docteur
