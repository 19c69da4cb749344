#pragma once
// Content as copies of a base and literals, for update packs (doc/UPDATE.md, "Copies"). Hosted.
//
// A delta in Git's format states where each copy begins. Here that is the distance from where the last copy would go
// on, which is mostly zero, and literals are in a part of their own: both compress better so.
//
//   literals, copied, from; literals, copied, from; ...
//
// `literals`: how many bytes come from the literals; `copied`: how many from the base, if the content is not complete
// yet; `from`: the difference to the position in the base where the last copy ended, plus these literals.

#include <vector>

#include "object/bytes.hpp"
#include "object/failure.hpp"
#include "pack/delta_encoder.hpp"
#include "update/packs/update_pack.hpp"

namespace docteur {

class copy_encoder {
 public:
  // `base` must stay as it is until the next call.
  void set_base(bytes base);
  // Replaces `copies` and `literals` with the code of `target`.
  void encode(bytes target, std::vector<std::byte>& copies, std::vector<std::byte>& literals);

 private:
  delta_encoder encoder_;
  std::vector<std::byte> delta_;
};

// Where literals come from. Fills `out` or fails.
class literal_source {
 public:
  virtual ~literal_source() = default;
  [[nodiscard]] virtual outcome<void> take(mutable_bytes out) = 0;
};

// Fills `out` from `base`, `copies` and `literals`. Nothing is written outside `out`.
[[nodiscard]] outcome<void> decode_copies(bytes base, number_reader& copies, literal_source& literals,
                                          mutable_bytes out);

}  // namespace docteur
