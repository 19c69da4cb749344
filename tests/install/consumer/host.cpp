// An outside user of the host library: prints a file of an image. Usage: host_consumer IMAGE PATH
#include <cstdio>
#include <vector>

#include "host/opened_image.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto image = docteur::opened_image::open(argv[1], argv[1]);
  if (!image) {
    std::fprintf(stderr, "%s\n", image.error().message.c_str());
    return 1;
  }
  docteur::image_reader& reader = (*image)->reader();
  const auto node = reader.resolve((*image)->snapshot(), argv[2]);
  if (!node || !node->is_blob()) return 1;
  const auto size = reader.size(*node);
  if (!size) return 1;
  std::vector<std::byte> content(*size);
  if (!reader.read(*node, content)) return 1;
  return std::fwrite(content.data(), 1, content.size(), stdout) == content.size() ? 0 : 1;
}
