#include "unikernel-example/application/status.hpp"

namespace docteur::cache_vm {

std::string_view status_page() noexcept {
  static constexpr char kPage[] =
#include "status_page.inc"
      ;
  return {kPage, sizeof kPage - 1};
}

}  // namespace docteur::cache_vm
