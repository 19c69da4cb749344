// Reads an image with docteur::host: prints the commit, the entries of a directory with their sizes, and a file.
//
//   c++ -std=c++20 read_image.cpp $(pkg-config --cflags --libs docteur-host) -o read_image
//   ./read_image disk.img / README.md
//
// Exit status: 0 printed, 1 the image is not good or has no such path, 2 wrong usage, 3 the environment failed.
#include <cstdio>
#include <string>

#include "host/checked_blob.hpp"
#include "host/describe.hpp"
#include "host/opened_image.hpp"

namespace {

using docteur::outcome;

// The reader's errors are small values without a text of their own making; describe() makes a sentence of one.
tl::unexpected<docteur::failure> about(const docteur::error& e, const std::string& path) {
  return tl::make_unexpected(docteur::describe(e, path));
}

outcome<void> print_directory(docteur::opened_image& image, const std::string& path) {
  auto list = image.snapshot().list(path);
  if (!list) return about(list.error(), path);
  while (const auto entry = list->next()) {
    const auto size = image.reader().size(entry->node);
    if (!size) return about(size.error(), path);
    std::printf("%10llu %.*s%s\n", static_cast<unsigned long long>(*size), static_cast<int>(entry->name.size()),
                entry->name.data(), entry->node.is_folder() ? "/" : "");
  }
  return {};
}

// The content arrives in pieces, however large the file is, and is compared with its id. A range of a file is read by
// image_reader::open(), which returns a blob_stream.
outcome<void> print_file(docteur::opened_image& image, const std::string& path) {
  const auto node = image.reader().resolve(image.snapshot(), path);  // follows symbolic links
  if (!node) return about(node.error(), path);
  if (!node->is_blob()) return docteur::give_up(docteur::blame::input, path + ": not a file");
  return docteur::checked_blob().read(image.reader(), *node, path, [](docteur::bytes piece) -> outcome<void> {
    if (std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size()) return {};
    return docteur::give_up(docteur::blame::environment, "standard output cannot be written");
  });
}

outcome<void> run(const std::string& file, const std::string& directory, const std::string& path) {
  const auto image = docteur::opened_image::open(file, file);
  if (!image) return tl::make_unexpected(image.error());
  const docteur::oid_hex commit = docteur::to_hex((*image)->snapshot().commit_id());
  std::printf("commit %.*s\n", static_cast<int>(commit.size()), commit.data());
  if (auto listed = print_directory(**image, directory); !listed) return listed;
  return print_file(**image, path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: read_image IMAGE DIRECTORY FILE\n");
    return 2;
  }
  const auto done = run(argv[1], argv[2], argv[3]);
  if (done) return 0;
  std::fprintf(stderr, "read_image: %s\n", done.error().message.c_str());
  return static_cast<int>(done.error().who);
}
