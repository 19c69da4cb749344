// Property: the head of a proxied connection is taken whole or not at all, wherever the input is cut; what follows it
// changes nothing; the client's address is one.
#include "fuzz/property.hpp"
#include "unikernel-example/platform/linux/proxy_head.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  using namespace docteur::cache_vm::on_linux;
  using enum proxy_head::kind;
  if (size > 3 * proxy_head::kMost) return 0;
  const bytes input = fuzz_input(data, size);
  const proxy_head all = parse_proxy_head(input);
  if (all.state == more) PROPERTY(size < proxy_head::kMost);
  if (all.state == whole) {
    PROPERTY(all.size > 0 && all.size <= size && all.size <= proxy_head::kMost);
    for (const char c : all.client)
      PROPERTY(std::string_view("0123456789abcdef.:[]").find(c) != std::string_view::npos);
    PROPERTY(all.client.size() < 60);
  }
  bool ended = false;
  for (std::size_t n = 0; n <= size && n < 600; ++n) {
    const proxy_head part = parse_proxy_head(input.first(n));
    // Once it is decided it stays.
    if (ended || part.state == whole)
      PROPERTY(part.state == all.state && part.size == all.size && part.client == all.client);
    if (part.state == refused) PROPERTY(all.state == refused);
    ended = ended || part.state != more;
  }
  return 0;
}
