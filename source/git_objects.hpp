#pragma once
// The object database of a repository. Hosted; all functions are safe from many threads.

#include <git2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "object/oid.hpp"
#include "pack/object_source.hpp"

namespace docteur {

// Why an object cannot be had; whoever asked knows its id and path.
struct object_fault {
  bool missing;     // not there at all: a partial clone, a broken alternate
  std::string why;  // printable
};
template <class T>
using object_result = tl::expected<T, object_fault>;

struct object_info {
  object_type type;
  std::uint64_t size;  // bytes
};

class git_objects {
 public:
  // Of `repository`, which must outlive this.
  [[nodiscard]] static outcome<std::unique_ptr<git_objects>> open(git_repository* repository);
  ~git_objects();

  [[nodiscard]] object_result<object_info> info(const oid& id) const;
  // Replaces `out`. The bytes are not compared with the id.
  [[nodiscard]] object_result<object_type> read(const oid& id, std::vector<std::byte>& out) const;
  // As read(), and the bytes are what the id promises, of the type that is expected.
  [[nodiscard]] object_result<void> read_checked(const oid& id, object_type expected,
                                                 std::vector<std::byte>& out) const;
  // Bounded memory where the repository has the object whole; else it is read first.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream(const oid& id) const;

  // All objects whose ids begin with `digits`, 4 to 39 lower-case hexadecimal ones.
  [[nodiscard]] outcome<std::vector<oid>> find_prefix(std::string_view digits) const;

 private:
  explicit git_objects(git_odb* odb) : odb_(odb) {}
  git_odb* odb_;
};

}  // namespace docteur
