#pragma once
// An image in memory, attached and with a reader of it: mapped, or on a device that copies.

#include "builder/path_section_writer.hpp"
#include "reader/image.hpp"
#include "reader/image_reader.hpp"
#include "support/guest.hpp"
#include "support/image_maker.hpp"

namespace docteur {

class opened {
 public:
  opened(const buffer& raw, bool mapped, const limits& bounds = {})
      : raw_(raw),
        copying_(raw_),
        image_(image::attach(mapped ? memory_device(raw_) : copying_.handle(), mem.handle(), bounds)) {
    if (!image_) throw std::runtime_error(image_.error().what);
    auto reader = image_reader::make(*image_, mem.handle());
    if (!reader) throw std::runtime_error(reader.error().what);
    reader_.emplace(std::move(*reader));
  }

  [[nodiscard]] image& of() { return *image_; }
  [[nodiscard]] image_reader& reader() { return *reader_; }
  [[nodiscard]] copying_device& disk() { return copying_; }
  [[nodiscard]] result<blob_stream> open(std::string_view path) { return reader_->open(*image_->find(path)); }

  // The checked content of what lies at `path`, or "error: ...".
  [[nodiscard]] std::string content(std::string_view path) {
    const auto n = image_->find(path);
    return n ? content(*n) : "error: not found";
  }
  [[nodiscard]] std::string content(const node& n) {
    const auto size = reader_->size(n);
    if (!size) return std::string("error: ") + size.error().what;
    std::string text(*size, '\0');
    const auto read = reader_->read(n, {reinterpret_cast<std::byte*>(text.data()), text.size()});
    return read ? text : std::string("error: ") + read.error().what;
  }
  // "name" for each entry, a directory's with a '/'.
  [[nodiscard]] std::vector<std::string> names(std::string_view path, image::depth how = image::depth::children) {
    std::vector<std::string> all;
    auto list = image_->list(path, how);
    if (!list) return {std::string("error: ") + list.error().what};
    while (const auto e = list->next())
      all.push_back(std::string(e->name) + (e->what.kind == entry_kind::directory ? "/" : ""));
    return all;
  }

  counting_memory mem;

 private:
  buffer raw_;
  copying_device copying_;
  result<image> image_;
  std::optional<image_reader> reader_;
};

// The image with the path section that its trees give.
inline buffer image_with_paths(const image_maker& maker, const oid& commit, const limits& bounds = {}) {
  image_maker m = maker.commit_first(commit);
  opened o(m.image(commit), true, bounds);
  path_section_writer paths(o.of().index().count());
  paths.add("", entry_kind::directory, o.of().find("")->position);
  auto list = o.of().list("", image::depth::all);
  while (const auto e = list->next()) {
    if (e->what.kind == entry_kind::submodule) {
      paths.add_submodule(e->name, *o.of().id(e->what));
    } else {
      paths.add(e->name, e->what.kind, e->what.position);
    }
  }
  m.set_path_section(paths.finish());
  return m.image(commit);
}

}  // namespace docteur
