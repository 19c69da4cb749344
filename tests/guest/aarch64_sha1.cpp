// SHA-1 on AArch64, run by tests/guest/aarch64.sh in an emulator: the processor's instructions and plain code agree.

#include <cstdio>
#include <vector>

#include "object/sha1.hpp"
#include "object/sha1_blocks.hpp"

namespace {

docteur::oid digest(docteur::bytes data, std::size_t split, bool instructions) {
  docteur::sha1 hash;
  if (!instructions) hash.disable_instructions();
  hash.update(data.first(split));
  hash.update(data.subspan(split));
  return hash.finish();
}

}  // namespace

int main() {
  if (!docteur::has_sha1_instructions()) return std::puts("no SHA-1 instructions"), 1;
  std::vector<std::byte> data(1000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7 + 3);
  for (std::size_t n = 0; n <= data.size(); ++n)
    if (const auto all = docteur::bytes(data).first(n); digest(all, n / 3, true) != digest(all, n, false))
      return std::printf("%zu bytes: digests differ\n", n), 1;
  const docteur::oid abc = digest(docteur::as_bytes("abc"), 0, true);  // FIPS 180-4's example
  return docteur::to_hex(abc) == docteur::to_hex(*docteur::parse_hex("a9993e364706816aba3e25717850c26c9cd0d89d")) ? 0
                                                                                                                  : 1;
}
