#include "update/packs/pack_name.hpp"

#include "base/oid_text.hpp"

namespace docteur {
namespace {

constexpr std::size_t kDigits = 16;  // of each digest: no two images of a site agree in them by chance

}  // namespace

std::string update_pack_suffix(const oid& old_digest, const oid& new_digest) {
  return "." + hex_text(old_digest).substr(0, kDigits) + "-" + hex_text(new_digest).substr(0, kDigits) + ".dpk";
}

}  // namespace docteur
