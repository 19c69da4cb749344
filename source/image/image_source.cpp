#include "source/image/image_source.hpp"

#include "base/memory_stream.hpp"
#include "base/printable.hpp"
#include "host/heap.hpp"
#include "object/commit.hpp"
#include "reader/blob_stream.hpp"
#include "reader/version_list.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {
namespace {

// An older image whose versions are read.
struct opened_versions {
  std::shared_ptr<const image_objects> objects;
  docteur::image image;
  version_list list;
};

class blob_content final : public byte_stream {
 public:
  blob_content(std::shared_ptr<const opened_versions> from, blob_stream stream)
      : from_(std::move(from)), stream_(std::move(stream)) {}
  outcome<std::size_t> read(mutable_bytes out) override {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), stream_.size() - at_));
    if (const auto r = stream_.read(at_, out.first(n)); !r) return from_->objects->failed(r.error());
    at_ += n;
    return n;
  }

 private:
  std::shared_ptr<const opened_versions> from_;
  blob_stream stream_;
  std::uint64_t at_ = 0;
};

class image_source final : public commit_source {
 public:
  explicit image_source(std::shared_ptr<const opened_versions> from) : from_(std::move(from)) {}

  outcome<void> build(const version& which, progress& report) {
    set_reference(std::string(which.reference));
    DOCTEUR_TRY(commit, add(which.commit, object_type::commit));
    const auto parsed = parse_commit(commit, which.commit.kind());
    if (!parsed) return all().wrong(which.commit, std::string("is malformed: ") + parsed.error().what);
    const std::size_t id_bytes = id_size(which.commit.kind());
    for (bytes rest = which.tags; !rest.empty(); rest = rest.subspan(id_bytes)) {
      DOCTEUR_TRY(tag, add(oid::from(rest.data(), which.commit.kind()), object_type::tag));
      (void)tag;
    }
    const auto load = [&](const oid& id, std::string_view) { return all().read(id); };
    DOCTEUR_TRY(listing, list_tree(parsed->tree, load, report));
    listing_ = std::move(listing);
    auto reader = make_reader();
    if (!reader) return all().failed(reader.error());
    first_listed_ = objects_.size();
    for (source_object& o : listing_.objects) {
      const std::uint32_t place = all().entries().find(o.id);
      if (place == kNoPackEntry) return all().wrong(o.id, "is missing");
      if (o.type == object_type::blob) {
        const auto size = reader->size(all().entries().places[place].offset, o.type);
        if (!size) return all().failed(size.error());
        o.size = *size;
      }
      objects_.push_back(o);
      places_.push_back(place);
    }
    listing_.objects.clear();
    return {};
  }

  std::span<const source_object> objects() const override { return objects_; }
  std::string_view path(std::size_t index) const override {
    return index < first_listed_ ? std::string_view() : listing_.path(index - first_listed_);
  }
  outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    return all().read(places_[index], out);
  }
  outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const override {
    auto reader = make_reader();
    if (!reader) return all().failed(reader.error());
    auto stream = blob_stream::open(*reader, from_->image.restarts(), all().entries().places[places_[index]].offset);
    if (!stream) return all().failed(stream.error());
    return std::make_unique<blob_content>(from_, std::move(*stream));
  }
  source_notes notes() const override {
    source_notes notes;
    notes.submodules = listing_.submodules;
    notes.remarks = remarks_;
    return notes;
  }

 private:
  [[nodiscard]] const image_objects& all() const { return *from_->objects; }
  // One that keeps no bases.
  [[nodiscard]] result<object_reader> make_reader() const {
    return object_reader::make(from_->image.disk(), from_->image.index(), heap_memory(), {}, 0);
  }

  outcome<std::vector<std::byte>> add(const oid& id, object_type type) {
    DOCTEUR_TRY(content, all().read(id));
    objects_.push_back({id, type, content.size()});
    places_.push_back(all().entries().find(id));
    return content;
  }

  std::shared_ptr<const opened_versions> from_;
  tree_listing listing_;
  std::vector<source_object> objects_;
  std::vector<std::uint32_t> places_;  // of each object in the image
  std::size_t first_listed_ = 0;
};

}  // namespace

outcome<std::vector<named_source>> open_image_versions(const std::shared_ptr<const image_objects>& from,
                                                       const std::function<bool(std::string_view)>& left_out,
                                                       progress& report) {
  auto opened = std::make_shared<opened_versions>();
  opened->objects = from;
  auto image = image::attach(from->disk(), heap_memory());
  if (!image) return from->failed(image.error());
  opened->image = std::move(*image);
  auto list = version_list::load(opened->image);
  if (!list) return from->failed(list.error());
  opened->list = std::move(*list);
  if (opened->list.empty())
    return give_up(blame::usage, from->shown() +
                                     ": its commit has no name; --branch REFERENCE=NAME gives it one when "
                                     "the image is made");
  std::vector<named_source> all;
  for (std::uint32_t i = 0; i < opened->list.size(); ++i) {
    const version v = opened->list[i];
    if (left_out(v.name)) continue;
    auto source = std::make_unique<image_source>(opened);
    DOCTEUR_CHECK(source->build(v, report));
    all.push_back({std::string(v.name), std::move(source)});
  }
  return all;
}

}  // namespace docteur
