#include "source/repository/repository.hpp"

#include <atomic>

#include "base/memory_stream.hpp"
#include "base/oid_text.hpp"
#include "base/parallel.hpp"
#include "base/printable.hpp"
#include "object/commit.hpp"
#include "object/release.hpp"
#include "source/objects/git_objects.hpp"
#include "source/repository/revision.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {
namespace {

// Prefixes failures with the name of the content.
class named_stream final : public byte_stream {
 public:
  named_stream(std::unique_ptr<byte_stream> from, std::string who) : from_(std::move(from)), who_(std::move(who)) {}
  outcome<std::size_t> read(mutable_bytes out) override {
    auto n = from_->read(out);
    if (!n) n.error().message = who_ + ": " + n.error().message;
    return n;
  }

 private:
  std::unique_ptr<byte_stream> from_;
  std::string who_;
};

class repository_source final : public commit_source {
 public:
  repository_source(local_repository repository, const std::string& path)
      : repository_(std::move(repository)), shown_(printable(path)) {}

  outcome<void> build(const repository_options& options, progress& report) {
    database_ = options.objects;
    if (!database_) {
      auto objects = git_objects::open(repository_.objects(), repository_.kind);
      if (!objects) return in_repository(objects.error());
      database_ = std::move(*objects);
    }
    auto revision = resolve_revision(*repository_.references(), *database_, options.reference);
    if (!revision) return in_repository(revision.error());
    remarks_ = std::move(revision->remarks);
    set_reference(std::move(revision->reference));
    temporary_ = options.temporary;

    if (const auto read = database_->read_checked(revision->commit, object_type::commit, commit_); !read)
      return failed(revision->commit, "", read.error());
    const auto commit = parse_commit(commit_, repository_.kind);
    if (!commit) return failed(revision->commit, "", {false, std::string("is malformed: ") + commit.error().what});

    auto listing = list_tree(
        commit->tree,
        [&](const oid& id, std::string_view path) -> outcome<std::vector<std::byte>> {
          std::vector<std::byte> content;
          if (const auto read = database_->read_checked(id, object_type::tree, content); !read)
            return give_up(read.error().who, text_of(id, path, read.error()));
          return content;
        },
        report, options.part);
    if (!listing) return in_repository(listing.error());
    listing_ = std::move(*listing);
    objects_.push_back({revision->commit, object_type::commit, commit_.size()});
    for (const oid& id : revision->tags) {
      std::vector<std::byte>& tag = tags_.emplace_back();
      if (const auto read = database_->read_checked(id, object_type::tag, tag); !read)
        return failed(id, "", read.error());
      objects_.push_back({id, object_type::tag, tag.size()});
    }
    objects_.reserve(objects_.size() + listing_.objects.size());
    objects_.insert(objects_.end(), listing_.objects.begin(), listing_.objects.end());
    release(listing_.objects);
    is_lfs_ = std::vector<std::atomic<bool>>(objects_.size());
    return measure_blobs(options.threads, report);
  }

  std::span<const source_object> objects() const override { return objects_; }

  std::string_view path(std::size_t index) const override {
    return index < first_listed() ? std::string_view() : listing_.path(index - first_listed());
  }

  outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    return read_by(&git_objects::read, index, out);
  }
  outcome<void> read_verified(std::size_t index, std::vector<std::byte>& out) const override {
    return read_by(&git_objects::read_verified, index, out);
  }

  outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const override {
    if (index < first_blob()) {
      std::vector<std::byte> content;
      DOCTEUR_CHECK(read(index, content));
      return std::make_unique<memory_stream>(std::move(content));
    }
    auto stream = database_->open_stream(objects_[index].id);
    if (!stream) return failed(objects_[index].id, path(index), stream.error());
    return std::make_unique<named_stream>(std::move(*stream), shown_ + ": " + printable(path(index)));
  }

  std::optional<repository_place> repository() const override { return repository_.place; }

  source_notes notes() const override {
    source_notes all;
    all.submodules = listing_.submodules;
    all.remarks = remarks_;
    if (temporary_) all.fetched_bytes = temporary_->size("objects/pack", ".pack");
    for (const auto& flag : is_lfs_) all.lfs_pointers += flag.load(std::memory_order_relaxed) ? 1 : 0;
    return all;
  }

 private:
  using reader = object_result<object_type> (git_objects::*)(const oid& id, std::vector<std::byte>& out) const;
  outcome<void> read_by(reader read_object, std::size_t index, std::vector<std::byte>& out) const {
    const source_object& object = objects_[index];
    if (index < first_listed()) {
      const std::vector<std::byte>& content = index == 0 ? commit_ : tags_[index - 1];
      out.assign(content.begin(), content.end());
      return {};
    }
    auto type = ((*database_).*read_object)(object.id, out);
    // The type is part of an entry's header and may be damaged in one copy.
    if (type && *type != object.type) type = database_->read_verified(object.id, out);
    if (!type) return failed(object.id, path(index), type.error());
    if (*type != object.type) return another_type(index, *type);
    if (object.type == object_type::blob && is_lfs_pointer(out)) is_lfs_[index].store(true, std::memory_order_relaxed);
    return {};
  }

  outcome<void> measure_blobs(unsigned threads, progress& report) {
    const std::size_t first = first_blob();
    report.phase("measuring", objects_.size() - first);
    return for_each_index(objects_.size() - first, threads, report, [&](std::size_t i) -> outcome<void> {
      source_object& object = objects_[first + i];
      const auto info = database_->info(object.id);
      if (!info) return failed(object.id, path(first + i), info.error());
      if (info->type && *info->type != object_type::blob) return another_type(first + i, *info->type);
      object.size = info->size;
      return {};
    });
  }

  // Commit, tags; trees; blobs.
  [[nodiscard]] std::size_t first_listed() const { return 1 + tags_.size(); }
  [[nodiscard]] std::size_t first_blob() const { return first_listed() + listing_.trees; }

  [[nodiscard]] tl::unexpected<failure> another_type(std::size_t index, object_type type) const {
    const char* const expected = objects_[index].type == object_type::blob ? ", not a file" : ", not a folder";
    return failed(objects_[index].id, path(index), {false, "is a " + std::string(name(type)) + expected});
  }
  [[nodiscard]] tl::unexpected<failure> in_repository(const failure& why) const {
    return give_up(why.who, shown_ + ": " + why.message);
  }
  [[nodiscard]] tl::unexpected<failure> failed(const oid& id, std::string_view path, const object_fault& why) const {
    return in_repository({why.who, text_of(id, path, why)});
  }
  [[nodiscard]] std::string text_of(const oid& id, std::string_view path, const object_fault& why) const {
    std::string text = path.empty() ? "" : printable(path) + ": ";
    text += "object " + hex_text(id) + " " + why.why;
    if (why.missing && repository_.is_partial)
      text += "; this is a partial clone, fetch the rest first (git fetch --refetch --no-filter)";
    return text;
  }

  std::shared_ptr<const private_folder> temporary_;  // destroyed last
  local_repository repository_;
  std::string shown_;
  std::shared_ptr<const git_objects> database_;
  std::vector<std::byte> commit_;
  std::vector<std::vector<std::byte>> tags_;
  tree_listing listing_;
  std::vector<source_object> objects_;
  mutable std::vector<std::atomic<bool>> is_lfs_;  // of objects; set as they are read
};

}  // namespace

outcome<std::unique_ptr<commit_source>> open_repository(local_repository repository, const std::string& path,
                                                        const repository_options& options, progress& report) {
  auto source = std::make_unique<repository_source>(std::move(repository), path);
  DOCTEUR_CHECK(source->build(options, report));
  return source;
}

}  // namespace docteur
