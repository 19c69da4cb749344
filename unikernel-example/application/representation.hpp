#pragma once
// The representations of a file: its plain content, coded forms of that, and files beside it that are coded forms.
// Which of them a request gets (RFC 9110, section 12.1).

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "unikernel-example/application/http_conditions.hpp"
#include "unikernel-example/application/http_range.hpp"
#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {

struct beside_file {
  coding form;
  object_facts facts;
};

struct served_file {
  object_facts facts;
  std::string_view media_type;        // without parameters
  std::vector<beside_file> beside{};  // of a coding each
  std::string_view path{};            // in its version; "": an object by its id

  // Whether other requests may get another representation, now or later.
  [[nodiscard]] bool varies(const site& s) const noexcept {
    return facts.deflate || !beside.empty() || may_be_made(s) || may_have_dictionary(s);
  }
  // Whether gzip of it is made once it was asked for.
  [[nodiscard]] bool may_be_made(const site& s) const noexcept;
  // Whether it is sent as dcz to a client that has a dictionary, and is one itself.
  [[nodiscard]] bool may_have_dictionary(const site& s) const noexcept;
};

// The part of `r` that is sent is not chosen yet.
struct representation {
  coding form;        // that Content-Encoding says
  object_facts of;    // the file's own object or one beside it,
  content_form kept;  // in this form
  entity_tag tag;
  std::uint64_t size;        // bytes
  shared_content content{};  // present for a coded form, for another once it was read
  range_set ranges{range_set::kind::ignored, {}};
  bool wants_gzip = false;  // the client would have got gzip if it were there
  bool waits = false;       // nothing is to be sent yet: this thread has a ticket (platform::take_ticket())

  [[nodiscard]] bool is_sent_whole() const noexcept { return ranges.state == range_set::kind::ignored; }
};

// What is sent without a Range. A representation that the client has, as If-Match, If-None-Match or If-Range says,
// comes before others that it accepts: it is not sent again. Then the weights of Accept-Encoding decide. Of those that
// weigh the same, coded ones come before the plain one, and the smallest before others, but deflate last: some programs
// take it for blocks without zlib's head. If nothing is acceptable the plain content is sent, as section 12.4.1
// permits. A stream of the PACK is read here: its coded form exists only if it passes the check. Errors: those of
// site::whole(). What is coded with a dictionary that the client has is made before anything is sent; then
// `waits`.
[[nodiscard]] result<representation> choose_representation(site& s, const served_file& file, const http_request& r);

// Sets the ranges, and goes back to the plain content if the Range field refers to that: If-Range or If-Match names a
// representation; otherwise it is the plain content, which clients without a tag mean. An ignored field changes
// nothing. A date never satisfies If-Range: two versions of an image may share a date, so it is not a strong validator
// (section 13.1.5). `most`: ranges that are answered.
void choose_ranges(const served_file& file, const http_request& r, std::uint32_t most, representation& chosen);

}  // namespace docteur::cache_vm
