// Bodies of POST requests, and what the server answers a client of Git: its packets, at any speed.

#include <gtest/gtest.h>
#include <libdeflate.h>

#include "cache/served_site.hpp"
#include "cache/slow_disk.hpp"
#include "unikernel-example/application/git_packets.hpp"
#include "unikernel-example/application/git_references.hpp"
#include "unikernel-example/application/git_request.hpp"

namespace docteur::cache_vm {
namespace {

std::string packets(const std::vector<std::string_view>& lines) {
  std::string text;
  for (const std::string_view line : lines)
    line == kFlush || line == kDelimiter ? void(text += line) : append_packet(text, line);
  return text;
}

std::string hex_of(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST /git-upload-pack HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-git-upload-pack-request\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}
std::string post_v2(std::string_view body) {
  return post("Git-Protocol: version=2\r\nContent-Length: " + std::to_string(body.size()) + "\r\n", body);
}
std::string chunked(std::string_view body, std::size_t each) {
  std::string text;
  for (; !body.empty(); body.remove_prefix(std::min(each, body.size()))) {
    char size[16];
    std::snprintf(size, sizeof size, "%zX;a=b\r\n", std::min(each, body.size()));
    text.append(size).append(body.substr(0, each)).append("\r\n");
  }
  return text + "0\r\n\r\n";
}

std::string fetch_of(const oid& id, std::string_view more = "0009done\n") {
  return packets({"command=fetch", "object-format=sha1", kDelimiter, "ofs-delta", "want " + hex_of(id)}) +
         std::string(more) + "0000";
}

const std::string kList = packets({"command=ls-refs\n", "agent=a", kDelimiter, "peel", "symrefs", kFlush});

TEST(GitBody, ListsReferences) {
  served_site s;
  const std::string commit = hex_of(s.image.commit);
  const std::string all =
      packets({commit + " HEAD symref-target:refs/heads/main\n", commit + " refs/heads/main\n", kFlush});
  EXPECT_EQ(body_of(s.exchange(post_v2(kList))), all);
  EXPECT_EQ(body_of(s.exchange(post("Git-Protocol: version=2\r\nTransfer-Encoding: chunked\r\n", chunked(kList, 3)))),
            all);
  const std::string some = packets({"command=ls-refs\n", kDelimiter, "ref-prefix refs/h", kFlush});
  EXPECT_EQ(body_of(s.exchange(post_v2(some))), packets({commit + " refs/heads/main\n", kFlush}));
  const std::string advertised = s.get("/info/refs?service=git-upload-pack", "Git-Protocol: version=2:a=b\r\n");
  EXPECT_EQ(field_of(advertised, "Content-Type"), "application/x-git-upload-pack-advertisement");
  EXPECT_TRUE(body_of(advertised).starts_with("000eversion 2\n")) << advertised;
  EXPECT_TRUE(body_of(s.get("/info/refs?service=git-upload-pack")).starts_with("001e# service=git-upload-pack\n0000"));
  EXPECT_EQ(status_of(s.get("/info/refs?service=git-receive-pack")), 403);
  EXPECT_EQ(status_of(s.get("/info/refs")), 404);
  EXPECT_EQ(status_of(s.exchange("HEAD /info/refs?service=git-upload-pack HTTP/1.0\r\n\r\n")), 200);
}

// The bands' content, with what is in front of them; checks the sizes.
struct fetched {
  std::string front, pack;
};
fetched split(std::string_view body) {
  fetched f;
  packet_reader r(body);
  for (auto k = r.next(); k != packet_reader::kind::end; k = r.next()) {
    EXPECT_NE(k, packet_reader::kind::malformed);
    if (k == packet_reader::kind::malformed) break;
    const std::string_view raw = r.text();
    if (k == packet_reader::kind::text && raw.starts_with('\1')) continue;
    f.front.append(k == packet_reader::kind::text ? raw : "-").append("|");
  }
  // Exactly: next() takes a newline at the end of a packet away.
  if (body.find("packfile\n") == std::string_view::npos) return f;
  for (std::size_t at = body.find("packfile\n") + 9; at + 4 < body.size();) {
    const std::size_t size = std::stoul(std::string(body.substr(at, 4)), nullptr, 16);
    f.pack += body.substr(at + 5, size - 5);
    at += size;
  }
  return f;
}

std::string pack_of(const site_image& image) {
  const std::string raw(as_text(bytes(image.raw)));
  return raw.substr(28, load_le<std::uint64_t>(bytes(image.raw).data() + 20) - 28);
}

TEST(GitBody, SendsThePackAsItLies) {
  served_site s;
  const std::string raw = pack_of(s.image);
  const std::string whole = s.exchange(post_v2(fetch_of(s.image.commit)));
  const fetched f = split(body_of(whole));
  EXPECT_EQ(f.front, "packfile|-|");
  ASSERT_GT(f.pack.size(), 70'000u) << "one packet shows little";
  EXPECT_EQ(f.pack, raw.substr(0, f.pack.size()));  // a section table may follow
  EXPECT_EQ(field_of(whole, "Content-Length"), std::to_string(body_of(whole).size()));
  for (const std::size_t window : {1u, 4u, 1000u, 65'521u}) {
    fake_connection c;
    c.window = window;
    c.arriving = post_v2(fetch_of(s.image.commit)) + "GET /ten.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    s.http->opened(c);
    for (int i = 0; i < 10'000'000 && !c.is_over(); ++i) {
      s.http->ready(c);
      c.drain(window);
    }
    EXPECT_TRUE(c.closed) << window;
    EXPECT_EQ(body_of(c.sent).substr(0, body_of(whole).size()), body_of(whole)) << window;
  }
}

TEST(GitBody, NegotiatesInOneRound) {
  served_site s;
  const std::string commit = hex_of(s.image.commit), other(40, 'a');
  const auto front = [&](std::string_view more) {
    return split(body_of(s.exchange(post_v2(fetch_of(s.image.commit, more))))).front;
  };
  EXPECT_EQ(front(packets({"have " + other})), "acknowledgments|ready|-|packfile|-|");
  const std::string empty = body_of(s.exchange(post_v2(fetch_of(s.image.commit, packets({"have " + commit})))));
  EXPECT_EQ(split(empty).front, "acknowledgments|ACK " + commit + "|ready|-|packfile|-|");
  EXPECT_EQ(split(empty).pack.substr(0, 12), std::string("PACK\0\0\0\2\0\0\0\0", 12));
  EXPECT_EQ(split(empty).pack.size(), 32u);
  EXPECT_EQ(front(packets({"deepen 1", "done"})), "shallow-info|-|packfile|-|") << "a commit without parents is no end";
  EXPECT_EQ(front(packets({"filter blob:none", "done"})), "ERR upload-pack: unexpected line: filter blob:none|");
  EXPECT_EQ(front(packets({"want " + other, "done"})), "ERR upload-pack: not our ref " + other + "|");
  EXPECT_EQ(front(packets({"deepen 0", "done"})), "ERR upload-pack: invalid deepen: 0|");
  std::string many;
  for (int i = 0; i < 65; ++i)
    append_packet(many, "want " + hex_of(object_id(hash_kind::sha1, object_type::blob, as_bytes(kTen))));
  EXPECT_EQ(front(many + "0009done\n"), "packfile|-|") << "one id, said often";
}

TEST(GitBody, OlderVersions) {
  served_site s;
  const std::string commit = hex_of(s.image.commit), other(40, 'a');
  const auto ask = [&](std::string_view body) {
    return body_of(s.exchange(post("Content-Length: " + std::to_string(body.size()) + "\r\n", body)));
  };
  const std::string plain = packets({"want " + commit + "\n", kFlush});
  const std::string able =
      packets({"want " + commit + " multi_ack_detailed no-done side-band-64k ofs-delta\n", kFlush});
  EXPECT_EQ(ask(plain + packets({"done"})),
            "0008NAK\n" + split(body_of(s.exchange(post_v2(fetch_of(s.image.commit))))).pack);
  EXPECT_EQ(ask(able + packets({"have " + other, kFlush})), "0008NAK\n");
  EXPECT_TRUE(ask(able + packets({"have " + commit, kFlush}))
                  .starts_with(packets({"ACK " + commit + " common\n", "ACK " + commit + " ready\n", "NAK\n",
                                        "ACK " + commit + "\n"}) +
                               "0025\1PACK"));
  EXPECT_TRUE(ask(plain + packets({"have " + commit, "done"})).starts_with(packets({"ACK " + commit + "\n"}) + "PACK"));
  EXPECT_TRUE(ask(able + packets({"done"})).starts_with("0008NAK\nfff0\1PACK"));
  EXPECT_TRUE(ask(kFlush.data()).ends_with("ERR upload-pack: nothing is wanted\n"));
  EXPECT_TRUE(ask(packets({"want " + commit + " object-format=sha256", kFlush})).find("mismatched object format") !=
              std::string::npos);
}

TEST(GitBody, RefusesBodies) {
  served_site s;
  const auto status = [&](std::string_view fields, std::string_view body) {
    return status_of(s.exchange(post(fields, body)));
  };
  const std::string length = "Content-Length: ";
  EXPECT_EQ(status("", ""), 400) << "no body";
  EXPECT_EQ(status(length + "131073\r\n", ""), 413) << "before it is sent";
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\n", "20001\r\n"), 413);
  // The last chunk does not fit any more, in how many pieces ever it comes.
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\n", "1fff7\r\n" + std::string(0x1fff7, '0') + "\r\n0\r\n\r\n"), 413);
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\n", chunked(std::string(100'000, '0'), 2)), 413)
      << "its framing counts";
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\n", "0\r\nTrailer: a\r\n\r\n"), 413);
  for (const std::string_view bad :
       {"4\r\n0000", "4\n0000\r\n0\r\n\r\n", "g\r\n", "\r\n", "4 \x01\r\n0000\r\n0\r\n\r\n", "4 a\r\n0000\r\n0\r\n\r\n",
        "4\r\n00000\r\n0\r\n\r\n", "fffffffffffffffff\r\n"})
    EXPECT_EQ(status("Transfer-Encoding: chunked\r\nConnection: close\r\n", bad), bad == "4\r\n0000" ? 0 : 400) << bad;
  EXPECT_EQ(status(length + "4\r\nContent-Encoding: br\r\n", "0000"), 415);
  EXPECT_EQ(status(length + "4\r\nContent-Encoding: gzip, gzip\r\n", "0000"), 415);
  EXPECT_EQ(status(length + "4\r\nContent-Encoding: gzip\r\n", "0000"), 400);
  EXPECT_EQ(status_of(s.exchange("POST /ten.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n0000")), 405);
  EXPECT_EQ(status_of(s.exchange("POST /git-upload-pack HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n0000")), 415);
  EXPECT_EQ(status_of(s.exchange("PUT /git-upload-pack HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n0000")), 405);
}

TEST(GitBody, ArrivesInPiecesOfAnySize) {
  served_site s;
  for (const std::string& request :
       {post_v2(kList), post("Git-Protocol: version=2\r\nTransfer-Encoding: chunked\r\n", chunked(kList, 5))}) {
    const std::string expected = s.exchange(request);
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
      fake_connection c, other;
      s.http->opened(c);
      s.http->opened(other);
      c.arriving = request.substr(0, cut);
      s.http->ready(c);
      // The parsed request is in memory that all connections share.
      other.arriving = "GET /ten.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      s.http->ready(other);
      c.arriving += request.substr(cut);
      c.ended = true;
      s.http->ready(c);
      EXPECT_EQ(c.sent, expected) << cut;
    }
  }
}

TEST(GitBody, BodiesThatArriveHaveTheirOwnMemory) {
  cache_options o;
  served_site s(o);
  const std::uint64_t most = s.machine->http().limits().bodies_bytes;
  std::vector<std::unique_ptr<fake_connection>> all;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 2 * most / (128 << 10); ++i) {
    all.push_back(std::make_unique<fake_connection>());
    s.http->opened(*all.back());
    all.back()->arriving = post("Content-Length: 131072\r\n", std::string(131'000, '0'));
    s.http->ready(*all.back());
    refused += all.back()->sent.starts_with("HTTP/1.1 503") ? 1u : 0u;
  }
  EXPECT_GT(refused, 0u);
  EXPECT_LT(refused, all.size());
  for (const auto& c : all) {
    c->broken = true;
    if (!c->is_over()) s.http->ready(*c);
  }
  EXPECT_EQ(status_of(s.exchange(post("Content-Length: 131072\r\n", std::string(131'072, '0')))), 200);
}

TEST(GitBody, WaitsFor100Once) {
  served_site s;
  fake_connection c;
  const std::string request = post_v2(kList);
  const std::size_t head = request.find("\r\n\r\n") + 4;
  c.arriving = request.substr(0, head - 2) + "Expect: 100-continue\r\n\r\n";
  s.http->opened(c);
  s.http->ready(c);
  EXPECT_EQ(c.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  c.arriving = request.substr(head, 5);
  s.http->ready(c);
  c.arriving = request.substr(head + 5);
  s.http->ready(c);
  EXPECT_EQ(c.sent.find("HTTP/1.1 200 OK"), 25u) << c.sent;
}

TEST(GitBody, WaitsForADiskWithoutDelayingOthers) {
  served_site s;
  const std::string expected = s.exchange(post_v2(fetch_of(s.image.commit)));
  const std::string listed = s.exchange(post_v2(kList));
  slow_disk disk(s.on, s.image.raw);
  s.on.all_disks = {{"slow", disk.view()}, {"0", memory_device(s.image.raw)}};
  ASSERT_TRUE(s.machine->mount("slow"));
  disk.waited = 0;
  for (const bool fetches : {false, true}) {
    disk.forget();
    s.machine->flush();
    fake_connection c;
    c.arriving = post_v2(fetches ? fetch_of(s.image.commit) : kList);
    c.ended = true;
    s.http->opened(c);
    s.http->ready(c);
    int waits = 0;
    for (; !c.is_over() && waits < 1000; ++waits) {
      EXPECT_FALSE(s.on.has_ticket()) << "a ticket left behind would be somebody else's";
      s.machine->arrived(0, disk.bring());
      while (s.machine->work(0)) {
      }
    }
    EXPECT_EQ(c.sent, fetches ? expected : listed);
    EXPECT_GT(waits, fetches ? 3 : -1);
  }
  EXPECT_EQ(disk.waited, 0u);
  EXPECT_EQ(s.machine->http().counts().faults, 0u);
}

TEST(GitBody, ADiskThatFailsEndsTheConnection) {
  served_site s;
  slow_disk disk(s.on, s.image.raw);
  s.on.all_disks = {{"slow", disk.view()}, {"0", memory_device(s.image.raw)}};
  ASSERT_TRUE(s.machine->mount("slow"));
  fake_connection c;
  c.arriving = post_v2(fetch_of(s.image.commit));
  c.ended = true;
  s.http->opened(c);
  s.http->ready(c);
  for (int i = 0; i < 20 && c.sent.size() < 10'000 && !c.is_over(); ++i) {
    s.machine->arrived(0, disk.bring());
    (void)s.machine->work(0);
  }
  disk.forget();
  disk.fails = true;
  for (int i = 0; i < 5 && !c.is_over(); ++i) {
    s.machine->arrived(0, disk.bring());
    (void)s.machine->work(0);
    s.http->ready(c);
  }
  EXPECT_TRUE(c.aborted);
  EXPECT_EQ(s.machine->http().counts().faults, 1u);
}

TEST(GitReferences, NamesThatGitAllows) {
  for (const std::string_view good :
       {"refs/heads/main", "refs/tags/v1.0", "refs/heads/a/b", "refs/heads/\xc3\xa9", "refs/heads/@", "a/{b}"})
    EXPECT_TRUE(is_git_reference(good)) << good;
  for (const std::string_view bad : {"",
                                     "main",
                                     "refs/heads/",
                                     "refs//main",
                                     "/refs/a",
                                     "refs/heads/.a",
                                     "refs/a.lock/b",
                                     "refs/heads/a.lock",
                                     "refs/heads/a..b",
                                     "refs/heads/a b",
                                     "refs/heads/a~1",
                                     "refs/heads/a^",
                                     "refs/heads/a:b",
                                     "refs/heads/a?",
                                     "refs/heads/a*",
                                     "refs/heads/a[",
                                     "refs/heads/a\\b",
                                     "refs/heads/a@{b",
                                     "refs/heads/a.",
                                     "refs/heads/a\x7f",
                                     "refs/heads/a\nb"})
    EXPECT_FALSE(is_git_reference(bad)) << bad;
}

TEST(GitRequest, VersionOfTheProtocol) {
  EXPECT_EQ(git_protocol_version(""), 0u);
  EXPECT_EQ(git_protocol_version("version=1"), 1u);
  EXPECT_EQ(git_protocol_version("a:version=1:version=2:version=3"), 2u);
  EXPECT_EQ(git_protocol_version("version=22"), 0u);
}

}  // namespace
}  // namespace docteur::cache_vm
