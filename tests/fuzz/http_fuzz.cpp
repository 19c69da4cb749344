// Property: whatever arrives, in pieces of any size and with any room for output, a connection gets whole responses and
// ends; the responses do not depend on the pieces.
#include <string>
#include <utility>

#include "cache/served_site.hpp"
#include "fuzz/property.hpp"

namespace {

using namespace docteur;
using namespace docteur::cache_vm;

// Kept from one input to the next, so that thousands are tried per second.
served_site& site_of_all() {
  static served_site s(
      make_site(),
      [] {
        cache_options o;
        o.site.beside = true;
        o.site.dictionary_s = 60;
        o.site.listing = true;
        o.site.hosts = {"a"};
        return o;
      }(),
      /*codes=*/true);
  return s;
}

std::string talk(std::string_view input, std::size_t cut, std::size_t window) {
  served_site& s = site_of_all();
  fake_connection c;
  c.window = window;
  s.http->opened(c);
  c.arriving = input.substr(0, cut);
  s.http->ready(c);
  c.arriving += input.substr(cut);
  c.ended = true;
  for (int turns = 0; !c.is_over(); ++turns) {
    PROPERTY(turns < 1'000'000);
    s.http->ready(c);
    c.drain(window);
    for (const std::uint64_t ticket : std::exchange(s.on.arrived, {})) s.machine->arrived(0, ticket);
    (void)s.machine->work(0);
  }
  PROPERTY(s.machine->http().counts().active == 0);
  PROPERTY(c.sent.empty() || c.sent.starts_with("HTTP/1.1 "));
  return c.aborted ? "" : c.sent;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(fuzz_input(data, size));
  if (input.size() > 4096) return 0;
  const std::string whole = talk(input, input.size(), std::size_t{1} << 30);
  if (whole.find("no-store") != std::string::npos) return 0;  // the server's own pages count requests
  PROPERTY(talk(input, input.size() / 2, std::size_t{1} << 30) == whole);
  if (whole.size() < 100'000) PROPERTY(talk(input, size > 0 ? data[0] % size : 0, 777) == whole);
  return 0;
}
