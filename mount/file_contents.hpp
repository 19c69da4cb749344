#pragma once
// The contents of an image's files, for many readers of parts of them, in a bounded number of bytes. One for all
// versions of an image: a blob that several have is held once. Hosted, may be used by many threads.

#include <cstdint>
#include <functional>
#include <string>

#include "mount/content_spill.hpp"
#include "mount/content_store.hpp"
#include "mount/reader_pool.hpp"
#include "object/oid.hpp"
#include "reader/node.hpp"

namespace docteur {

class file_contents {
 public:
  // `of` must outlive the contents; memory comes from `from`.
  file_contents(const image& of, const memory& from);

  // Bytes of a blob. Errors: the reader's.
  [[nodiscard]] result<std::uint64_t> size(const node& n);
  // The date of a commit's committer, seconds since 1970 UTC. Errors: malformed if the commit is not there; the
  // reader's.
  [[nodiscard]] result<std::int64_t> committed(const oid& commit);

  // Returns the target of a symbolic link. Errors: wrong_kind; malformed if it is empty, has a NUL or is longer than
  // Linux allows; the reader's.
  [[nodiscard]] result<std::string> target(const node& n);

  // Passes the content of a file from byte `at` to `take`, at most `size` bytes, fewer only at its end. Content that is
  // read whole is compared with its id; what is streamed is not (reader/blob_stream.hpp). Errors: wrong_kind; the
  // reader's.
  [[nodiscard]] result<done> read(const node& n, std::uint64_t at, std::size_t size,
                                  const std::function<void(bytes)>& take);

 private:
  [[nodiscard]] result<content_store::handle> hold_content(image_reader& with, const node& n, std::uint64_t size,
                                                           std::uint64_t at);
  void release_caches(image_reader& with) noexcept;
  [[nodiscard]] result<held_content> open_streams(image_reader& with, const node& n, std::uint64_t size);
  [[nodiscard]] result<done> read_pieces(image_reader& with, const node& n, const held_content& from, std::uint64_t at,
                                         mutable_bytes out);

  memory memory_;
  reader_pool readers_;
  content_store contents_;
  content_spill spill_;  // of whole contents and pieces, by the same keys
};

}  // namespace docteur
