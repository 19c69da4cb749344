#pragma once
// Checks the tag section (layout/tag_section.hpp) and the tags in it. Hosted.

#include <vector>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"

namespace docteur {

// Returns the ids in the section, without duplicates, which it reports; no ids after a fault in the header. Fails
// (blame::environment) if the device cannot be read.
[[nodiscard]] outcome<std::vector<oid>> load_tags(const device& d, const section& where, hash_kind kind,
                                                  findings& found);

// Checks that each tag names the next and the last one `commit`. Tags without content are skipped: their fault was
// reported.
// `at`: offset of the first tag's id in the image, `whose` commit it is, for messages.
void check_tags(const std::vector<tag_object>& tags, const oid& commit, std::uint64_t at, const char* whose,
                findings& found);

}  // namespace docteur
