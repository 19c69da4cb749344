#include "source/git_objects.hpp"

#include <algorithm>
#include <set>

#include "object/sha1.hpp"
#include "source/git_handle.hpp"
#include "source/memory_stream.hpp"

namespace docteur {
namespace {

tl::unexpected<object_fault> fault_of(int error) {
  if (error == GIT_ENOTFOUND) return tl::unexpected<object_fault>({true, "is missing"});
  return tl::unexpected<object_fault>({false, "cannot be read: " + git_error_text()});
}

object_result<object_type> type_of(git_object_t type) {
  switch (type) {
    case GIT_OBJECT_COMMIT: return object_type::commit;
    case GIT_OBJECT_TREE: return object_type::tree;
    case GIT_OBJECT_BLOB: return object_type::blob;
    case GIT_OBJECT_TAG: return object_type::tag;
    default: return tl::unexpected<object_fault>({false, "is of an unknown type"});
  }
}

// A loose object, inflated by libgit2 as it is read.
class loose_stream final : public byte_stream {
 public:
  loose_stream(odb_stream_handle stream, std::uint64_t size) : stream_(std::move(stream)), left_(size) {}

  outcome<std::size_t> read(mutable_bytes out) override {
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_)));
    if (out.empty()) return std::size_t{0};
    const int n = git_odb_stream_read(stream_.get(), reinterpret_cast<char*>(out.data()), out.size());
    if (n < 0) return give_up(blame::input, git_error_text());
    if (n == 0) return give_up(blame::input, "a loose object ends early");
    left_ -= static_cast<std::uint64_t>(n);
    return static_cast<std::size_t>(n);
  }

 private:
  odb_stream_handle stream_;
  std::uint64_t left_;
};

}  // namespace

outcome<std::unique_ptr<git_objects>> git_objects::open(git_repository* repository) {
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) != 0) return give_up(blame::input, git_error_text());
  return std::unique_ptr<git_objects>(new git_objects(odb));
}

git_objects::~git_objects() { git_odb_free(odb_); }

object_result<object_info> git_objects::info(const oid& id) const {
  const git_oid key = to_git(id);
  std::size_t size = 0;
  git_object_t type{};
  if (const int error = git_odb_read_header(&size, &type, odb_, &key); error != 0) return fault_of(error);
  DOCTEUR_TRY(known, type_of(type));
  return object_info{known, size};
}

object_result<object_type> git_objects::read(const oid& id, std::vector<std::byte>& out) const {
  const git_oid key = to_git(id);
  git_odb_object* raw = nullptr;
  if (const int error = git_odb_read(&raw, odb_, &key); error != 0) return fault_of(error);
  const odb_object_handle object(raw);
  const auto* const data = static_cast<const std::byte*>(git_odb_object_data(raw));
  out.assign(data, data + git_odb_object_size(raw));
  return type_of(git_odb_object_type(raw));
}

object_result<void> git_objects::read_checked(const oid& id, object_type expected, std::vector<std::byte>& out) const {
  DOCTEUR_TRY(type, read(id, out));
  if (type != expected) {
    return tl::unexpected<object_fault>(
        {false, "is a " + std::string(name(type)) + " where a " + std::string(name(expected)) + " should be"});
  }
  if (object_id(type, out) != id)
    return tl::unexpected<object_fault>({false, "is damaged: its content is not its id's"});
  return {};
}

object_result<std::unique_ptr<byte_stream>> git_objects::open_stream(const oid& id) const {
  const git_oid key = to_git(id);
  git_odb_stream* raw = nullptr;
  std::size_t size = 0;
  git_object_t type{};
  if (git_odb_open_rstream(&raw, &size, &type, odb_, &key) == 0)
    return std::make_unique<loose_stream>(odb_stream_handle(raw), size);
  std::vector<std::byte> content;
  DOCTEUR_TRY(known, read(id, content));
  (void)known;
  return std::make_unique<memory_stream>(std::move(content));
}

outcome<std::vector<oid>> git_objects::find_prefix(std::string_view digits) const {
  git_oid prefix{};
  if (git_oid_fromstrn(&prefix, digits.data(), digits.size()) != 0) return give_up(blame::usage, git_error_text());
  git_oid full{};
  const int error = git_odb_exists_prefix(&full, odb_, &prefix, digits.size());
  if (error == 0) return std::vector<oid>{from_git(full)};
  if (error == GIT_ENOTFOUND) return std::vector<oid>{};
  if (error != GIT_EAMBIGUOUS) return give_up(blame::input, git_error_text());
  // Rare: every id of the repository is looked at.
  struct search {
    const git_oid& prefix;
    std::size_t digits;
    std::set<oid> found;
  } all{prefix, digits.size(), {}};
  const auto collect = [](const git_oid* id, void* payload) {
    auto& s = *static_cast<search*>(payload);
    if (git_oid_ncmp(id, &s.prefix, s.digits) == 0) s.found.insert(from_git(*id));
    return 0;
  };
  if (git_odb_foreach(odb_, collect, &all) != 0) return give_up(blame::input, git_error_text());
  return std::vector<oid>(all.found.begin(), all.found.end());
}

}  // namespace docteur
