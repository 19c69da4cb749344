#pragma once
// "/.docteur/proof/PATH": proofs (doc/PROOF.md), each made when it is requested.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "unikernel-example/application/http_reply.hpp"
#include "unikernel-example/application/http_request.hpp"
#include "unikernel-example/application/request_path.hpp"
#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {

// Used by one loop.
class proof_pages {
 public:
  // Whether `path` is one of these.
  [[nodiscard]] static bool has(const request_path& path) noexcept;

  // Answers a request for such a path. What follows the front names a file, link or folder as a path of the image does:
  // the version's name comes first if `by_version`, else "@NAME/" may; "FOLDER/" is the folder's index.html if there is
  // one. With the query "?compact" the proof is by the signed list of files of the image's commit, without the SHA-256
  // of files that are too large to be held. `now`: seconds since 1970 UTC. Errors: those that satisfy is_absent();
  // out_of_memory when clients that read slowly hold too many proofs; those of write_commit_proof(), write_list_proof()
  // and snapshot::attach(). Throws std::bad_alloc.
  [[nodiscard]] result<done> answer(site& s, bool by_version, const http_request& r, const request_path& path,
                                    std::int64_t now, const reply_context& context, http_reply& out);

  // Another image is served from now on.
  void forget() noexcept { leaves_.reset(); }

 private:
  struct place;
  [[nodiscard]] static result<place> find_place(site& s, bool by_version, const request_path& path);
  [[nodiscard]] result<owned_array<std::byte>> make_compact(site& s, const place& where);

  std::optional<owned_array<std::uint32_t>> leaves_;  // of the image's commit, once they were needed
  // Bytes of proofs that clients hold.
  std::shared_ptr<std::atomic<std::uint64_t>> live_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace docteur::cache_vm
