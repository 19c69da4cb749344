#pragma once
// An image in memory, attached and with a reader of it: mapped, or on a device that copies.

#include "builder/path_section_writer.hpp"
#include "reader/attached_image.hpp"
#include "support/guest.hpp"
#include "support/image_maker.hpp"

namespace docteur {

class opened {
 public:
  opened(const buffer& raw, bool mapped, const limits& bounds = {}) : raw_(raw), copying_(raw_) {
    const device d = mapped ? memory_device(raw_) : copying_.handle();
    if (const auto attached = attached_.attach(d, mem.handle(), {bounds}); !attached)
      throw std::runtime_error(attached.error().what);
  }

  [[nodiscard]] const docteur::image& image() { return attached_.image(); }
  [[nodiscard]] const docteur::snapshot& snapshot() { return attached_.snapshot(); }
  [[nodiscard]] image_reader& reader() { return attached_.reader(); }
  [[nodiscard]] copying_device& disk() { return copying_; }
  [[nodiscard]] result<blob_stream> open(std::string_view path) { return reader().open(*snapshot().find(path)); }

  // The checked content of the file at `path`, or "error: ...".
  [[nodiscard]] std::string content(std::string_view path) {
    const auto n = snapshot().find(path);
    return n ? content(*n) : "error: not found";
  }
  [[nodiscard]] std::string content(const node& n) {
    const auto size = reader().size(n);
    if (!size) return std::string("error: ") + size.error().what;
    std::string text(*size, '\0');
    const auto read = reader().read(n, {reinterpret_cast<std::byte*>(text.data()), text.size()});
    return read ? text : std::string("error: ") + read.error().what;
  }
  // "name" for each entry, a directory's with a '/'.
  [[nodiscard]] std::vector<std::string> names(std::string_view path,
                                               docteur::snapshot::depth levels = docteur::snapshot::depth::children) {
    std::vector<std::string> all;
    auto list = snapshot().list(path, levels);
    if (!list) return {std::string("error: ") + list.error().what};
    while (const auto e = list->next())
      all.push_back(std::string(e->name) + (e->node.kind == entry_kind::directory ? "/" : ""));
    return all;
  }

  counting_memory mem;

 private:
  buffer raw_;
  copying_device copying_;
  attached_image attached_;
};

// Returns the image with a path section made from its trees.
inline buffer image_with_paths(const image_maker& maker, const oid& commit, const limits& bounds = {}) {
  image_maker m = maker.commit_first(commit);
  opened o(m.image(commit), true, bounds);
  path_section_writer paths(o.image().index().count());
  paths.add("", entry_kind::directory, o.snapshot().find("")->position);
  auto list = o.snapshot().list("", snapshot::depth::all);
  while (const auto e = list->next()) {
    if (e->node.kind == entry_kind::submodule) {
      paths.add_submodule(e->name, *o.snapshot().id(e->node));
    } else {
      paths.add(e->name, e->node.kind, e->node.position);
    }
  }
  m.set_path_section(paths.finish());
  return m.image(commit);
}

}  // namespace docteur
