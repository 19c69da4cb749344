// Property: whatever a client of Git sends, in one piece or in chunks, is answered at once and in the same way; an
// answer is made of whole packets; what is accepted is bounded by the request, and means the same when it is written
// anew.
#include <algorithm>
#include <string>

#include "cache/served_site.hpp"
#include "fuzz/property.hpp"
#include "unikernel-example/application/git_packets.hpp"
#include "unikernel-example/application/git_request.hpp"

namespace {

using namespace docteur;
using namespace docteur::cache_vm;

constexpr std::size_t kLargest = 4096;  // bytes of a body

served_site& site_of_all() {
  static served_site s;
  return s;
}

std::string id_text(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

std::string in_chunks(std::string_view body, std::size_t each) {
  std::string text;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, each);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    text.append(size).append(piece).append("\r\n");
    body.remove_prefix(piece.size());
  }
  return text + "0\r\n\r\n";
}

std::string ask(bool newer, std::string_view framing, std::string_view body) {
  served_site& s = site_of_all();
  std::string request =
      "POST /git-upload-pack HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-git-upload-pack-request\r\n";
  if (newer) request += "Git-Protocol: version=2\r\n";
  const std::string answer = s.exchange(request.append(framing).append("\r\n").append(body));
  PROPERTY(!s.aborted);
  PROPERTY(s.machine->http().counts().faults == 0);
  return answer;
}

// A request that means what `r` means.
std::string written(bool newer, const git_request& r) {
  std::string text;
  if (newer) {
    append_packet(text, r.what == git_request::command::fetch ? "command=fetch" : "command=ls-refs");
    text += kDelimiter;
    if (r.symrefs) append_packet(text, "symrefs");
    if (r.peel) append_packet(text, "peel");
    for (const std::string_view prefix : r.prefixes) append_packet(text, "ref-prefix " + std::string(prefix));
    if (r.too_many_prefixes) append_packet(text, "ref-prefix a");
  }
  bool first = !newer;
  for (const oid& id : r.wants) {
    std::string line = "want " + id_text(id);
    if (first && r.side_band) line += " side-band-64k";
    if (first && r.multi_ack_detailed) line += " multi_ack_detailed";
    if (first && r.no_done) line += " no-done";
    first = false;
    append_packet(text, line);
  }
  for (const oid& id : r.shallows) append_packet(text, "shallow " + id_text(id));
  if (r.depth > 0) append_packet(text, "deepen " + std::to_string(std::min(r.depth, 0x7fffffffu)));
  if (!newer) text += kFlush;
  for (const oid& id : r.haves) append_packet(text, "have " + id_text(id));
  if (r.done) append_packet(text, "done");
  return newer ? text.append(kFlush) : text;
}

void parse(bool newer, std::string_view body) {
  const auto how = [newer](std::string_view text, git_request& r) {
    return newer ? parse_git_v2(text, hash_kind::sha1, r) : parse_git_v0(text, hash_kind::sha1, r);
  };
  git_request r, again;
  if (how(body, r).how != parsed::good) return;
  PROPERTY(r.wants.size() + r.haves.size() + r.shallows.size() <= body.size() / 40);
  PROPERTY(r.prefixes.size() <= git_request::kMostPrefixes);
  PROPERTY(std::ranges::is_sorted(r.wants) && std::ranges::is_sorted(r.shallows));
  const std::string text = written(newer, r);
  if (!newer && r.wants.empty()) return;  // its capabilities have no place
  PROPERTY(how(text, again).how == parsed::good);
  PROPERTY(again.what == r.what && again.wants == r.wants && again.haves == r.haves && again.shallows == r.shallows &&
           again.depth == r.depth && again.done == r.done && again.symrefs == r.symrefs && again.peel == r.peel &&
           again.side_band == r.side_band && again.multi_ack_detailed == r.multi_ack_detailed &&
           again.no_done == r.no_done && again.too_many_prefixes == r.too_many_prefixes);
}

}  // namespace

// The first byte chooses: 1: version 2; 2: compressed by gzip; the rest: bytes of a chunk.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kLargest) return 0;
  const bool newer = (data[0] & 1) != 0;
  const std::string coding = (data[0] & 2) != 0 ? "Content-Encoding: gzip\r\n" : "";
  const std::string_view body = as_text(fuzz_input(data, size)).substr(1);
  parse(newer, body);
  const std::string answer = ask(newer, coding + "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
  const int status = status_of(answer);
  PROPERTY(status == 200 || status == 400 || status == 413);
  PROPERTY(ask(newer, coding + "Transfer-Encoding: chunked\r\n", in_chunks(body, 1 + data[0] / 4)) == answer);
  if (status != 200 || !newer) return 0;
  const std::string content = body_of(answer);
  packet_reader packets(content);
  auto p = packets.next();
  while (p != packet_reader::kind::end && p != packet_reader::kind::malformed) p = packets.next();
  PROPERTY(p == packet_reader::kind::end);
  return 0;
}
