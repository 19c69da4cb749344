#pragma once
// A blob put into a registry: in chunks, going on after a cut where the registry can. OCI distribution specification
// 1.1, "Pushing blobs". Hosted.

#include <string>
#include <vector>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "remote/http_conversation.hpp"
#include "remote/kept_upload.hpp"
#include "remote/registry_name.hpp"

namespace docteur {

class blob_upload {
 public:
  // `registry`: the conversation with the registry of `name`. All must outlive this object.
  blob_upload(http_conversation& registry, const registry_name& name, const http_options& options, progress& report)
      : registry_(registry), name_(name), options_(options), report_(report) {}

  // Puts the bytes of `content`, whose SHA-256 is `digest`, unless the registry has them. What it has after a cut is
  // not sent again; where it cannot tell, the upload begins anew. `kept`: the upload that an earlier run began, if
  // there is one; put() keeps its own there until the blob is there. Fails with blame::environment and one line.
  [[nodiscard]] outcome<void> put(const device& content, const oid& digest, kept_upload& kept);

  [[nodiscard]] bool was_there() const noexcept { return was_there_; }  // the last one that was put
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }   // bytes of all, with what was sent again
  [[nodiscard]] unsigned resumed() const noexcept { return resumed_; }  // times that an upload went on after a failure

 private:
  enum class step { done, again, anew };  // go on; ask the registry how far it is; begin another upload
  [[nodiscard]] outcome<bool> is_there(const device& content, const oid& digest);
  [[nodiscard]] outcome<void> begin();
  [[nodiscard]] bool goes_on(std::uint64_t size, const kept_upload& kept);
  [[nodiscard]] outcome<step> send_chunk(const device& content);
  [[nodiscard]] outcome<step> ask_how_far(std::uint64_t size);
  [[nodiscard]] outcome<step> finish(const device& content, const oid& digest);
  [[nodiscard]] outcome<step> advance(const device& content, const oid& digest);
  [[nodiscard]] outcome<void> move_to(const std::string& url);
  [[nodiscard]] outcome<void> move_to(const http_answer& answer);
  [[nodiscard]] outcome<void> count_failure();
  [[nodiscard]] tl::unexpected<failure> refused(const http_answer& answer, const char* what) const;

  http_conversation& registry_;
  const registry_name& name_;
  const http_options& options_;
  progress& report_;
  retry_pause pauses_;

  remote_address where_;  // of the upload
  std::uint64_t at_ = 0;  // bytes that the registry has
  std::uint64_t furthest_ = 0;
  std::uint64_t least_ = 0;  // bytes of a chunk that the registry asks for at least
  bool is_whole_ = false;    // the registry has all, and said so
  unsigned failures_ = 0;    // since it went further than ever
  std::string why_;          // the last of them
  std::vector<std::byte> buffer_;
  bool was_there_ = false;
  std::uint64_t sent_ = 0;
  unsigned resumed_ = 0;
};

// What a registry says in the body of an error, for a message: " (DENIED)", or nothing.
[[nodiscard]] std::string registry_error(std::string_view body);
// The bytes that an upload has, from the value of Range, `0-99`; 0 for `0-0`, which registries say of none as of
// one byte; nullopt if it is something else.
[[nodiscard]] std::optional<std::uint64_t> uploaded_bytes(std::string_view range);

}  // namespace docteur
