#include "source/selection/object_pool.hpp"

#include <limits>

#include "base/memory_stream.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::size_t kOfTrees = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kOfFiles = kOfTrees - 1;

class spool_stream final : public byte_stream {
 public:
  spool_stream(std::shared_ptr<const spool> file, std::uint64_t at, std::uint64_t size)
      : file_(std::move(file)), at_(at), left_(size) {}
  outcome<std::size_t> read(mutable_bytes out) override {
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_)));
    DOCTEUR_CHECK(file_->read(at_, out));
    at_ += out.size();
    left_ -= out.size();
    return out.size();
  }

 private:
  std::shared_ptr<const spool> file_;
  std::uint64_t at_;
  std::uint64_t left_;
};

}  // namespace

void object_pool::add_source(std::unique_ptr<commit_source> source) {
  const auto objects = source->objects();
  for (std::size_t i = 0; i < objects.size(); ++i)
    places_.emplace(objects[i].id, place{sources_.size(), i, objects[i].size, objects[i].type});
  sources_.push_back(std::move(source));
}

void object_pool::add_tree(const oid& id, std::vector<std::byte> content) {
  places_.emplace(id, place{kOfTrees, trees_.size(), content.size(), object_type::tree});
  trees_.push_back(std::move(content));
}

void object_pool::add_blob(const oid& id, std::shared_ptr<const spool> file, std::uint64_t at, std::uint64_t size) {
  places_.emplace(id, place{kOfFiles, at, size, object_type::blob, files_.size()});
  files_.push_back(std::move(file));
}

const object_pool::place* object_pool::find(const oid& id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : &found->second;
}

outcome<void> object_pool::read(const oid& id, std::vector<std::byte>& out) const {
  const place& p = places_.at(id);
  if (p.holder == kOfTrees) {
    out = trees_[p.index];
    return {};
  }
  if (p.holder != kOfFiles) return sources_[p.holder]->read(p.index, out);
  out.resize(p.size);
  return files_[p.file]->read(p.index, out);
}

outcome<void> object_pool::read_verified(const oid& id, std::vector<std::byte>& out) const {
  const place& p = places_.at(id);
  return p.holder < sources_.size() ? sources_[p.holder]->read_verified(p.index, out) : read(id, out);
}

outcome<std::unique_ptr<byte_stream>> object_pool::open(const oid& id) const {
  const place& p = places_.at(id);
  if (p.holder == kOfTrees) return std::make_unique<memory_stream>(trees_[p.index]);
  if (p.holder != kOfFiles) return sources_[p.holder]->open(p.index);
  return std::make_unique<spool_stream>(files_[p.file], p.index, p.size);
}

outcome<std::vector<std::byte>> object_pool::read_tree(const oid& id, std::string_view path) const {
  const place* const p = find(id);
  if (p == nullptr || p->type != object_type::tree)
    return give_up(blame::input, (path.empty() ? "/" : printable(path)) + ": no tree");
  std::vector<std::byte> content;
  DOCTEUR_CHECK(read(id, content));
  return content;
}

}  // namespace docteur
