#pragma once
// What the access log says of a request, kept while its response is sent: the request itself is overwritten before.

#include <array>
#include <string>
#include <string_view>

#include "unikernel-example/application/text_buffer.hpp"
#include "unikernel-example/platform/request_log.hpp"

namespace docteur::cache_vm {

class noted_request {
 public:
  // Throws std::bad_alloc.
  void set(std::string_view line, std::string_view host, std::string_view referer, std::string_view user_agent) {
    clear();
    std::size_t i = 0;
    for (const std::string_view part : {line, host, referer, user_agent}) {
      text_.append(part);
      sizes_[i++] = part.size();
    }
    is_set_ = true;
  }
  // Empty until it is set: it is the same for all requests of a connection.
  [[nodiscard]] std::string_view peer() const noexcept { return peer_; }
  // "192.0.2.1:4711", "[2001:db8::1]:4711", "unix:".
  void set_peer(std::string_view endpoint) {
    const std::size_t colon = endpoint.rfind(':');
    std::string_view address = endpoint.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    peer_ = endpoint == "unix:" ? endpoint : address;
  }

  [[nodiscard]] bool is_set() const noexcept { return is_set_; }
  void clear() noexcept {
    is_set_ = false;
    if (text_.capacity() > kKept) text_ = {};
    text_.clear();
  }
  // Without what is known of the response.
  [[nodiscard]] served_request request() const noexcept {
    std::array<std::string_view, 4> parts;
    std::string_view rest = text_.view();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i] = rest.substr(0, sizes_[i]);
      rest.remove_prefix(sizes_[i]);
    }
    return {peer_, parts[0], parts[1], parts[2], parts[3], 0, 0, 0, 0};
  }

 private:
  static constexpr std::size_t kKept = 2 << 10;  // bytes of memory kept for the next request
  text_buffer text_;
  std::array<std::size_t, 4> sizes_{};
  std::string peer_;
  bool is_set_ = false;
};

}  // namespace docteur::cache_vm
