// SHA-1 and SHA-256 on AArch64, run by tests/guest/aarch64.sh in an emulator: the processor's instructions give what
// plain code gives.

#include <cstdio>
#include <vector>

#include "object/hasher.hpp"
#include "object/sha_instructions.hpp"

namespace {

using namespace docteur;

template <class Hash>
oid digest(bytes data, std::size_t split, bool instructions) {
  Hash hash;
  if (!instructions) hash.disable_instructions();
  hash.update(data.first(split));
  hash.update(data.subspan(split));
  return hash.finish();
}

template <class Hash>
bool both_agree() {
  std::vector<std::byte> data(1000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7 + 3);
  for (std::size_t n = 0; n <= data.size(); ++n)
    if (const auto all = bytes(data).first(n); digest<Hash>(all, n / 3, true) != digest<Hash>(all, n, false))
      return std::printf("%zu bytes: digests differ\n", n), false;
  return true;
}

// FIPS 180-4's example.
template <class Hash>
bool is_abc(std::string_view expected, hash_kind kind) {
  return digest<Hash>(as_bytes("abc"), 0, true) == *parse_hex(expected, kind);
}

}  // namespace

int main() {
  if (!has_sha1_instructions() || !has_sha256_instructions()) return std::puts("no SHA instructions"), 1;
  if (!both_agree<sha1>() || !both_agree<sha256>()) return 1;
  return is_abc<sha1>("a9993e364706816aba3e25717850c26c9cd0d89d", hash_kind::sha1) &&
                 is_abc<sha256>("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hash_kind::sha256)
             ? 0
             : 1;
}
