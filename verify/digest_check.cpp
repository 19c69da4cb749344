#include "verify/digest_check.hpp"

#include <algorithm>
#include <vector>

#include "base/parallel.hpp"
#include "host/image_digests.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

// Adds the blocks that differ as faults.
outcome<void> compare(const device& d, const digest_view& view, unsigned threads, findings& found, progress& report) {
  const auto count = static_cast<std::size_t>(view.count());
  std::vector<char> differs(count);
  report.phase("comparing blocks", count);
  DOCTEUR_CHECK(for_each_index(count, threads, report, [&](std::size_t i) -> outcome<void> {
    reused_bytes buffer;
    DOCTEUR_TRY(block, read_range(d, i * kDigestBlock, static_cast<std::size_t>(view.size(i)), buffer));
    differs[i] = view.matches(i, block) ? 0 : 1;
    return {};
  }));
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t at = i * kDigestBlock;
    if (differs[i] != 0 && !found.any_in(at, at + view.size(i)))
      found.add(errc::bad_checksum, at, "block does not match the digest section");
  }
  return {};
}

}  // namespace

outcome<std::optional<oid>> check_digests(const device& d, const section& where, std::uint64_t image_size,
                                          unsigned threads, findings& found, progress& report) {
  const auto digests = image_digests::load(d);
  if (!digests) {
    if (is_device_failure(digests.error())) return unreadable(digests.error());
    // Damage is a fault already: the table has the checksum of the section.
    if (!found.any_in(where.offset, where.offset + 1)) found.add(digests.error());
    return std::optional<oid>();
  }
  const digest_view view = digests->view();
  if (view.head().image_size != image_size || image_size > d.size) {
    // With a damaged IDX the end of the image is not known.
    if (found.count() == 0)
      found.add(errc::malformed, where.offset,
                "digest section is of an image of " + std::to_string(view.head().image_size) + " bytes, not of " +
                    std::to_string(image_size));
    return std::optional<oid>();
  }
  DOCTEUR_CHECK(compare(d, view, threads, found, report));
  return found.count() == 0 ? std::optional<oid>(digests->digest()) : std::nullopt;
}

}  // namespace docteur
