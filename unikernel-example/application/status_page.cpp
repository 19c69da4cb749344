#include "unikernel-example/application/status.hpp"
namespace docteur::cache_vm {
std::string_view status_page() noexcept { return "<!doctype html>"; }
}  // namespace docteur::cache_vm
