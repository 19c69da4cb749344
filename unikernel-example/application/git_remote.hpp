#pragma once
// The image as a remote of Git: the server's side of gitprotocol-http(5), with gitprotocol-v2(5), and versions 0 and 1
// of gitprotocol-pack(5) for clients that know no newer one. Nothing is packed: the PACK is sent as it lies.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "unikernel-example/application/git_references.hpp"
#include "unikernel-example/application/git_request.hpp"
#include "unikernel-example/application/response_body.hpp"

namespace docteur::cache_vm {

// The answer to a POST.
struct git_answer {
  enum class pack { none, empty, whole };
  std::string front = {};  // packets
  pack follows = pack::none;
  bool side_band = false;  // the PACK is in packets of side-band-64k
  bool ends = false;       // a flush follows it
};

// One loop's, for one mounted image.
class git_remote {
 public:
  explicit git_remote(std::shared_ptr<site> s) : site_(std::move(s)) {}

  // The answer to GET /info/refs?service=git-upload-pack. `user_agent`: the field. Errors: those of the reader. Throws
  // std::bad_alloc, as the others do.
  [[nodiscard]] result<std::string> advertise(unsigned protocol, std::string_view user_agent);
  // To a request of version 2, or of an older one.
  [[nodiscard]] result<git_answer> answer(unsigned protocol, const git_request& r);
  // The packet of an error: `why` is for the client to print.
  [[nodiscard]] static std::string error_packet(std::string_view why);

 private:
  struct boundary;
  [[nodiscard]] result<git_references*> references();
  [[nodiscard]] result<std::string> advertise_v0(bool with_shallow);
  [[nodiscard]] result<std::string> list_references(const git_request& r);
  // Why the wants are refused; "" if they are not.
  [[nodiscard]] result<std::string> refuse_wants(const git_request& r);
  [[nodiscard]] result<boundary> find_boundary(const git_request& r);
  [[nodiscard]] result<git_answer> fetch_v2(const git_request& r);
  [[nodiscard]] result<git_answer> fetch_v0(const git_request& r);

  std::shared_ptr<site> site_;
  std::optional<git_references> references_;
};

// The body of an answer: the PACK of `s` is read through `scratch`, which all bodies may share. `size`: its bytes.
[[nodiscard]] std::unique_ptr<response_body> make_body(std::shared_ptr<site> s, git_answer a,
                                                       std::span<std::byte> scratch, std::uint64_t& size);

}  // namespace docteur::cache_vm
