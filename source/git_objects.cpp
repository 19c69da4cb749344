#include "source/git_objects.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "object/sha1.hpp"
#include "source/git_handle.hpp"
#include "source/memory_stream.hpp"

namespace docteur {
namespace {

constexpr unsigned kAlternatesDepth = 5;  // alternates of alternates, as git has it

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
    default: return damaged("an unknown type");
  }
}

}  // namespace

outcome<std::unique_ptr<git_objects>> git_objects::open(git_repository* repository) {
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) != 0) return give_up(blame::input, git_error_text());
  std::unique_ptr<git_objects> objects(new git_objects(odb));
  git_buf folder = GIT_BUF_INIT;
  if (git_repository_item_path(&folder, repository, GIT_REPOSITORY_ITEM_OBJECTS) == 0)
    objects->add_folder(folder.ptr, 0);
  git_buf_dispose(&folder);
  return objects;
}

git_objects::~git_objects() { git_odb_free(odb_); }

void git_objects::add_folder(const std::string& objects, unsigned depth) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = fs::weakly_canonical(objects, ignored);
  if (std::ranges::find(folders_, folder.native()) != folders_.end()) return;
  folders_.push_back(folder.native());

  std::vector<std::string> indexes;
  for (fs::directory_iterator it(folder / "pack", ignored), end; !ignored && it != end; it.increment(ignored))
    if (it->path().extension() == ".idx") indexes.push_back(it->path().native());
  std::ranges::sort(indexes);
  for (const std::string& idx : indexes)
    if (auto pack = pack_file::open(idx, packs_.size(), bases_)) packs_.push_back(std::move(pack));

  if (depth == kAlternatesDepth) return;
  std::ifstream alternates(folder / "info" / "alternates");
  for (std::string line; std::getline(alternates, line);) {
    // A quoted line is left to libgit2.
    if (line.empty() || line.front() == '#' || line.front() == '"') continue;
    add_folder((folder / line).native(), depth + 1);
  }
}

// The first good answer of the packs and the loose objects, else the first fault. Only what is nowhere is libgit2's to
// find (an IDX of version 1, a repack meanwhile): it does not return from a loose object that is cut.
template <class T, class FromPack, class FromLoose, class FromOdb>
object_result<T> git_objects::look(const oid& id, const FromPack& from_pack, const FromLoose& from_loose,
                                   const FromOdb& from_odb) const {
  std::optional<object_fault> fault;
  const std::size_t first = last_pack_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < packs_.size(); ++i) {
    const std::size_t at = (first + i) % packs_.size();
    const auto offset = packs_[at]->find(id);
    if (!offset) continue;
    object_result<T> answer = from_pack(*packs_[at], *offset);
    if (answer) {
      if (i != 0) last_pack_.store(at, std::memory_order_relaxed);
      return answer;
    }
    if (!fault) fault = std::move(answer.error());
  }
  for (const std::string& folder : folders_) {
    auto file = loose_file::open(folder, id);
    if (!file && file.error().missing) continue;
    object_result<T> answer = file ? from_loose(*file) : tl::unexpected<object_fault>(std::move(file.error()));
    if (answer) return answer;
    if (!fault) fault = std::move(answer.error());
  }
  if (fault) return tl::unexpected<object_fault>(std::move(*fault));
  return from_odb(to_git(id));
}

object_result<object_summary> git_objects::info(const oid& id) const {
  return look<object_summary>(
      id, [](const pack_file& pack, std::uint64_t offset) { return pack.info(offset); },
      [](const loose_file& file) -> object_result<object_summary> {
        return object_summary{file.type(), file.size()};
      },
      [&](const git_oid& key) -> object_result<object_summary> {
        std::size_t size = 0;
        git_object_t type{};
        if (const int error = git_odb_read_header(&size, &type, odb_, &key); error != 0) return fault_of(error);
        DOCTEUR_TRY(known, type_of(type));
        return object_summary{known, size};
      });
}

object_result<object_type> git_objects::read(const oid& id, std::vector<std::byte>& out) const {
  return look<object_type>(
      id, [&](const pack_file& pack, std::uint64_t offset) { return pack.read(offset, out); },
      [&](const loose_file& file) -> object_result<object_type> {
        DOCTEUR_CHECK(file.read(out));
        return file.type();
      },
      [&](const git_oid& key) -> object_result<object_type> {
        git_odb_object* raw = nullptr;
        if (const int error = git_odb_read(&raw, odb_, &key); error != 0) return fault_of(error);
        const odb_object_handle object(raw);
        const auto* const data = static_cast<const std::byte*>(git_odb_object_data(raw));
        out.assign(data, data + git_odb_object_size(raw));
        return type_of(git_odb_object_type(raw));
      });
}

object_result<void> git_objects::read_checked(const oid& id, object_type expected, std::vector<std::byte>& out) const {
  DOCTEUR_TRY(type, read(id, out));
  if (type != expected)
    return tl::unexpected<object_fault>(
        {false, "is a " + std::string(name(type)) + " where a " + std::string(name(expected)) + " should be"});
  if (object_id(type, out) != id) return damaged("its content is not its id's");
  return {};
}

object_result<std::unique_ptr<byte_stream>> git_objects::open_stream(const oid& id) const {
  const auto whole = [&]() -> object_result<std::unique_ptr<byte_stream>> {
    std::vector<std::byte> content;
    DOCTEUR_CHECK(read(id, content));
    return std::make_unique<memory_stream>(std::move(content));
  };
  return look<std::unique_ptr<byte_stream>>(
      id,
      [&](const pack_file& pack, std::uint64_t offset) -> object_result<std::unique_ptr<byte_stream>> {
        auto stream = pack.open_stream(offset);
        return stream && *stream == nullptr ? whole() : std::move(stream);
      },
      [](const loose_file& file) { return file.open_stream(); }, [&](const git_oid&) { return whole(); });
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
