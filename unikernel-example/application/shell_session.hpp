#pragma once
#include <string>
namespace docteur::cache_vm {
class shell_session {};
class shell_service {};
}  // namespace docteur::cache_vm
