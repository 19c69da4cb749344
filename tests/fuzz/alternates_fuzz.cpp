// Property: the paths in a file of alternates are never empty and take no more bytes than the file. Written again, one
// quoted path per line, they are read back.
#include <string>

#include "fuzz/property.hpp"
#include "source/objects/alternates.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  const auto paths = parse_alternates(as_text(fuzz_input(data, size)));
  std::size_t total = 0;
  std::string written;
  for (const std::string& path : paths) {
    PROPERTY(!path.empty());
    total += path.size() + 1;
    written += '"';
    for (const char c : path) {
      const auto b = static_cast<unsigned char>(c);
      written += '\\';
      written += static_cast<char>('0' + (b >> 6));
      written += static_cast<char>('0' + (b >> 3 & 7));
      written += static_cast<char>('0' + (b & 7));
    }
    written += "\"\n";
  }
  PROPERTY(total <= size + 1);
  PROPERTY(parse_alternates(written) == paths);
  return 0;
}
