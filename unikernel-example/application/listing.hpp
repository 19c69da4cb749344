#pragma once
// A directory as a page for people, line by line as it is sent.

#include <memory>
#include <string_view>

#include "unikernel-example/application/response_body.hpp"

namespace docteur::cache_vm {

// `path`: a directory of `s`, links resolved or not. Errors: site::folder()'s.
[[nodiscard]] result<std::unique_ptr<response_body>> make_listing(std::shared_ptr<site> s, std::string_view path);

}  // namespace docteur::cache_vm
