// Opens the image that a name or a URL names and prints its size.

#include <cstdio>

#include "remote/open_image_device.hpp"

int main(int, char** argv) {
  const auto image = docteur::open_image_device(argv[1], {});
  if (!image) {
    std::fprintf(stderr, "%s\n", image.error().message.c_str());
    return static_cast<int>(image.error().who);
  }
  std::printf("%llu\n", static_cast<unsigned long long>((*image)->view().size));
}
