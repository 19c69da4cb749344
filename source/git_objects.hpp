#pragma once
// The object database of a repository: its packs and loose objects and those of its alternates, read by our own code.
// What that does not find (it knows no IDX of version 1) libgit2 is asked for. A damaged copy of an object is passed
// over when there is another. Hosted; all functions are safe from many threads.

#include <git2.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "source/loose_file.hpp"
#include "source/object_fault.hpp"
#include "source/pack_file.hpp"

namespace docteur {

class git_objects {
 public:
  // Of `repository`, which must outlive this.
  [[nodiscard]] static outcome<std::unique_ptr<git_objects>> open(git_repository* repository);
  git_objects(const git_objects&) = delete;
  git_objects& operator=(const git_objects&) = delete;
  ~git_objects();

  [[nodiscard]] object_result<object_summary> info(const oid& id) const;
  // Replaces `out`. The bytes are not compared with the id.
  [[nodiscard]] object_result<object_type> read(const oid& id, std::vector<std::byte>& out) const;
  // As read(), and the bytes are what the id promises, of the type that is expected.
  [[nodiscard]] object_result<void> read_checked(const oid& id, object_type expected,
                                                 std::vector<std::byte>& out) const;
  // In bounded memory, but for a delta: that is read first.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream(const oid& id) const;
  // All objects whose ids begin with `digits`, 4 to 39 lower-case hexadecimal ones.
  [[nodiscard]] outcome<std::vector<oid>> find_prefix(std::string_view digits) const;

 private:
  explicit git_objects(git_odb* odb) : odb_(odb) {}
  void add_folder(const std::string& objects, unsigned depth);
  template <class T, class FromPack, class FromLoose, class FromOdb>
  object_result<T> look(const oid& id, const FromPack& from_pack, const FromLoose& from_loose,
                        const FromOdb& from_odb) const;

  git_odb* odb_;
  std::vector<std::string> folders_;
  base_cache bases_{std::size_t{64} << 20};
  std::vector<std::unique_ptr<pack_file>> packs_;
  mutable std::atomic<std::size_t> last_pack_{0};  // where the last object was found: the next one is likely there, too
};

}  // namespace docteur
