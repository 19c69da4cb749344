#pragma once
// The tag section (layout/tag_section.hpp) against the tags that it names. Hosted.

#include <vector>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"

namespace docteur {

// The ids in the section, each once; none after a fault in it.
[[nodiscard]] outcome<std::vector<oid>> load_tags(const device& d, const section& where, hash_kind kind,
                                                   findings& found);

// That each tag names the next, and the last one `commit`. Tags without content were reported.
void check_tags(const std::vector<tag_object>& tags, const oid& commit, const section& where, findings& found);

}  // namespace docteur
