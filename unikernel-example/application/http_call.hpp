#pragma once
// A request while http_responder answers it. For http_responder's own files.

#include <cstdint>
#include <optional>
#include <string>

#include "unikernel-example/application/http_responder.hpp"

namespace docteur::cache_vm {

struct http_responder::call {
  const http_request& request;
  const reply_context& context;
  std::optional<std::int64_t> wall_clock;
  http_reply& out;
  shared_version version{};           // that the path is in
  std::string prefix{};               // of the version's paths, percent-encoded: "", "/@v1"
  const field_set* fields = nullptr;  // that the version's rules give to the response

  [[nodiscard]] reply_writer writer() const noexcept { return {out, context, fields}; }
  [[nodiscard]] std::int64_t now() const noexcept { return wall_clock.value_or(0); }
  void error(int status) const {
    out.reset();
    writer().error(status);
  }
};

}  // namespace docteur::cache_vm
