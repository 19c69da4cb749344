#pragma once
// The object database of a repository: its PACKs and loose objects and those of its alternates, read by our own code
// alone. A damaged copy of an object, or of a delta's base, is skipped if there is another. Hosted; all functions are
// safe from many threads.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "source/objects/alternates.hpp"
#include "source/objects/object_copy.hpp"
#include "source/objects/object_fault.hpp"
#include "source/objects/pack_list.hpp"

namespace docteur {

class git_objects {
 public:
  // `objects`: the folder of that name in a repository whose ids are of `kind`. Fails if that is not a folder or cannot
  // be examined; whatever is wrong inside is reported for the objects that are not found because of it.
  [[nodiscard]] static outcome<std::unique_ptr<git_objects>> open(const std::string& objects, hash_kind kind);

  [[nodiscard]] hash_kind kind() const noexcept { return kind_; }
  // From the headers of all copies. If they differ, all content is read: the copy that matches the id is right, or the
  // first if none does.
  [[nodiscard]] object_result<object_summary> info(const oid& id) const;
  // Replaces `out`. The bytes are not compared with the id.
  [[nodiscard]] object_result<object_type> read(const oid& id, std::vector<std::byte>& out) const;
  // As read(), but the bytes match the id: copies that do not are skipped.
  [[nodiscard]] object_result<object_type> read_verified(const oid& id, std::vector<std::byte>& out) const;
  // The same; another type than `expected` is a fault.
  [[nodiscard]] object_result<void> read_checked(const oid& id, object_type expected,
                                                 std::vector<std::byte>& out) const;
  // In bounded memory, except for a delta, which is read whole first. Of several copies, the first that matches the id;
  // a single one is not compared.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream(const oid& id) const;
  // All objects whose ids begin with `digits`, 4 to 39 lower-case hexadecimal ones.
  [[nodiscard]] outcome<std::vector<oid>> find_prefix(std::string_view digits) const;

 private:
  class recovery;
  git_objects(object_folders folders, hash_kind kind);
  template <class Visit>
  std::optional<object_fault> visit_copies(const pack_list& list, const oid& id, const Visit& visit) const;
  template <class T, class Ask>
  object_result<T> look_in(const pack_list& list, const oid& id, const Ask& ask) const;
  template <class T, class AskList>
  object_result<T> look_twice(const AskList& ask) const;
  template <class T, class Ask>
  object_result<T> look(const oid& id, const Ask& ask) const;
  [[nodiscard]] object_result<object_summary> info_in(const pack_list& list, const oid& id) const;
  [[nodiscard]] bool has_copies(const pack_list& list, const oid& id) const;
  [[nodiscard]] const pack_list& packs() const noexcept { return *current_.load(std::memory_order_acquire); }
  [[nodiscard]] bool rescan(const pack_list& seen) const;
  [[nodiscard]] object_fault explain(const pack_list& list, object_fault fault) const;

  object_folders folders_;
  hash_kind kind_;
  mutable std::mutex guard_;                                     // of lists_
  mutable std::vector<std::unique_ptr<const pack_list>> lists_;  // earlier ones may still be in use
  mutable std::atomic<const pack_list*> current_{nullptr};       // the last of them
  mutable std::atomic<std::size_t> last_pack_{0};  // where the last object was; the next is probably there, too
};

}  // namespace docteur
