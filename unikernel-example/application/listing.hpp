#pragma once
// A directory as an HTML page, made while it is sent.

#include <memory>
#include <string_view>

#include "unikernel-example/application/response_body.hpp"

namespace docteur::cache_vm {

// `path`: of a directory of the version `in` of `s`; links in it are resolved. Errors: those of site::folder().
[[nodiscard]] result<std::unique_ptr<response_body>> make_listing(std::shared_ptr<site> s, shared_version in,
                                                                  std::string_view path);

}  // namespace docteur::cache_vm
