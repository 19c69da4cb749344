// docteur-cat: prints files of an image.

#include <vector>

#include "cli/common.hpp"
#include "cli/opened_image.hpp"
#include "object/sha1.hpp"
#include "reader/heap.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-cat";
constexpr std::size_t kPiece = 256 << 10;  // bytes of a large file held at once

struct cat_options {
  std::string image;
  std::vector<std::string> paths;
};

// A file that fits in memory is checked before its first byte goes out; a larger one as it passes, so that the exit
// status tells when what was printed was not what its id says.
outcome<void> print(opened_image& from, const std::string& path, bool& pipe_closed) {
  const auto failed = [&](const error& e) { return tl::make_unexpected(from.about(e, path)); };
  const auto n = from.reader().resolve(path);
  if (!n) return failed(n.error());
  if (!n->is_blob())
    return failed({errc::wrong_kind, 0, n->kind == entry_kind::submodule ? "a submodule" : "a directory"});
  const auto size = from.reader().size(*n);
  if (!size) return failed(size.error());
  if (*size < from.what().bounds().streamed_blob) {
    std::vector<std::byte> content(*size);
    if (const auto read = from.reader().read(*n, content); !read) return failed(read.error());
    return write_out(content, pipe_closed);
  }

  auto stream = from.reader().open(*n);
  if (!stream) return failed(stream.error());
  sha1 hash = object_hash(object_type::blob, *size);
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t at = 0; at < *size && !pipe_closed;) {
    const mutable_bytes part = mutable_bytes(piece).first(std::min<std::uint64_t>(piece.size(), *size - at));
    if (const auto read = stream->read(at, part); !read) return failed(read.error());
    hash.update(part);
    DOCTEUR_CHECK(write_out(part, pipe_closed));
    at += part.size();
  }
  const auto id = from.what().id(*n);
  if (!id) return failed(id.error());
  if (!pipe_closed && hash.finish() != *id)
    return failed({errc::bad_checksum, from.what().offset(*n) + kPackOffset, "content is not what its id says"});
  return {};
}

outcome<void> cat(const cat_options& opt) {
  DOCTEUR_TRY(image, opened_image::open(opt.image));
  outcome<void> all;
  bool pipe_closed = false;
  for (const std::string& path : opt.paths) {
    outcome<void> one = print(*image, path, pipe_closed);
    if (pipe_closed) break;
    if (one) continue;
    if (!all) say(kProgram, all.error().message);
    all = std::move(one);
    if (all.error().who == blame::environment) break;
  }
  return all;
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  CLI::App app("Prints files of an image, symbolic links followed inside it.", docteur::cli::kProgram);
  docteur::cli::cat_options options;
  app.add_option("image", options.image, "the image: a file or a block device")->required();
  app.add_option("path", options.paths, "files in the image")->required();
  app.set_version_flag("--version", std::string(docteur::cli::kProgram) + " " DOCTEUR_VERSION);
  return docteur::cli::run(app, argc, argv, [&] { return docteur::cli::cat(options); });
}
