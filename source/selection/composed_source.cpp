#include "source/selection/composed_source.hpp"

#include <atomic>

#include "base/memory_stream.hpp"
#include "base/printable.hpp"
#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "object/release.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {
namespace {

class composed_source final : public commit_source {
 public:
  composed_source(std::string commit, hash_kind kind, object_pool pool)
      : commit_(std::move(commit)), kind_(kind), pool_(std::move(pool)) {}

  outcome<void> build(progress& report) {
    const auto head = parse_commit(as_bytes(commit_), kind_);
    if (!head) return give_up(blame::input, std::string("a malformed commit: ") + head.error().what);
    DOCTEUR_TRY(listing, list_tree(
                             head->tree,
                             [&](const oid& id, std::string_view path) { return pool_.read_tree(id, path); }, report));
    listing_ = std::move(listing);
    objects_.push_back({object_id(kind_, object_type::commit, as_bytes(commit_)), object_type::commit, commit_.size()});
    objects_.reserve(1 + listing_.objects.size());
    for (std::size_t i = 0; i < listing_.objects.size(); ++i) {
      source_object o = listing_.objects[i];
      const object_pool::place* const place = pool_.find(o.id);
      if (place == nullptr || place->type != o.type)
        return give_up(blame::input, printable(listing_.path(i)) + ": no such object");
      o.size = place->size;
      objects_.push_back(o);
    }
    release(listing_.objects);
    is_lfs_ = std::vector<std::atomic<bool>>(objects_.size());
    return {};
  }

  std::span<const source_object> objects() const override { return objects_; }
  std::string_view path(std::size_t index) const override {
    return index == 0 ? std::string_view() : listing_.path(index - 1);
  }

  outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    if (index == 0) {
      const bytes content = as_bytes(commit_);
      out.assign(content.begin(), content.end());
      return {};
    }
    DOCTEUR_CHECK(pool_.read(objects_[index].id, out));
    if (objects_[index].type == object_type::blob && is_lfs_pointer(out)) is_lfs_[index] = true;
    return {};
  }
  outcome<void> read_verified(std::size_t index, std::vector<std::byte>& out) const override {
    if (index == 0) return read(index, out);
    return pool_.read_verified(objects_[index].id, out);
  }

  outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const override {
    if (index != 0) return pool_.open(objects_[index].id);
    const bytes content = as_bytes(commit_);
    return std::make_unique<memory_stream>(std::vector<std::byte>(content.begin(), content.end()));
  }

  source_notes notes() const override {
    source_notes all;
    for (const auto& source : pool_.sources()) {
      const source_notes some = source->notes();
      all.left_out.insert(all.left_out.end(), some.left_out.begin(), some.left_out.end());
      all.remarks.insert(all.remarks.end(), some.remarks.begin(), some.remarks.end());
      all.fetched_bytes += some.fetched_bytes;
    }
    all.remarks.insert(all.remarks.end(), remarks_.begin(), remarks_.end());
    all.submodules = listing_.submodules;
    for (const auto& flag : is_lfs_) all.lfs_pointers += flag.load(std::memory_order_relaxed) ? 1 : 0;
    return all;
  }

 private:
  std::string commit_;
  hash_kind kind_;
  object_pool pool_;
  tree_listing listing_;
  std::vector<source_object> objects_;
  mutable std::vector<std::atomic<bool>> is_lfs_;  // of objects; set as they are read
};

}  // namespace

outcome<std::unique_ptr<commit_source>> compose_source(std::string commit, hash_kind kind, object_pool pool,
                                                       progress& report) {
  auto source = std::make_unique<composed_source>(std::move(commit), kind, std::move(pool));
  DOCTEUR_CHECK(source->build(report));
  return source;
}

}  // namespace docteur
