// Responses that are coded with a dictionary that the client has (RFC 9842, dcz): the content of the same path in
// another version of the image.

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/base64.hpp"
#include "cache/served_site.hpp"
#include "object/sha256.hpp"
#include "support/made_image.hpp"
#include "support/version_source.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::string_view kChromium = "Accept-Encoding: gzip, deflate, br, zstd, dcb, dcz\r\n";

std::string available(std::string_view dictionary) {
  return "Available-Dictionary: :" + base64_encoded(as_text(sha256_of(as_bytes(dictionary)).view())) + ":\r\n";
}
std::string asks_with(std::string_view dictionary) { return std::string(kChromium) + available(dictionary); }

// "wrong head", or what libzstd says.
std::string decoded(std::string_view body, std::string_view dictionary, std::size_t size) {
  const oid hash = sha256_of(as_bytes(dictionary));
  // The magic number and length of a frame to skip, and its content.
  if (body.substr(0, 8) != std::string_view("\x5e\x2a\x4d\x18\x20\0\0\0", 8) ||
      body.substr(8, 32) != as_text(hash.view()))
    return "wrong head";
  std::string out(size + 1, '\0');
  ZSTD_DCtx* const zstd = ZSTD_createDCtx();
  (void)ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, 23);  // RFC 9842, section 5
  (void)ZSTD_DCtx_refPrefix(zstd, dictionary.data(), dictionary.size());
  // The skippable frame is passed over.
  const std::size_t n = ZSTD_decompressDCtx(zstd, out.data(), out.size(), body.data(), body.size());
  ZSTD_freeDCtx(zstd);
  if (ZSTD_isError(n)) return ZSTD_getErrorName(n);
  out.resize(n);
  return out;
}

// Three versions; "new" is the image's commit.
struct texts {
  std::string old_page = prose(60'000, 21);
  std::string middle_page = old_page.substr(0, 30'000) + "<p>a first change</p>" + old_page.substr(30'000);
  std::string page = middle_page.substr(0, 50'000) + "<p>another change</p>" + middle_page.substr(50'100);
  std::string noise_page = noise(40'000, 22);
  std::string other_page = prose(90'000, 25);
};

struct dictionary_site : texts {
  explicit dictionary_site(std::uint32_t seconds = 3600, cache_options o = {}, bool codes = true)
      : s(image(), with(std::move(o), seconds), codes, std::uint64_t{1} << 30) {
    s.on.runs_aside = true;
  }
  explicit dictionary_site(site_image made) : s(std::move(made), with({}, 3600), true, std::uint64_t{1} << 30) {
    s.on.runs_aside = true;
  }
  static cache_options with(cache_options o, std::uint32_t seconds) {
    o.site.dictionary_s = seconds;
    return o;
  }
  site_image image() const {
    std::map<std::string, std::string> old_files{{"page.html", old_page},   {"same.txt", old_page},
                                                 {"small.html", "<p>one"},  {"random.txt", prose(40'000, 23)},
                                                 {"picture.png", old_page}, {"docs/index.html", old_page}};
    auto middle_files = old_files, files = old_files;
    middle_files["page.html"] = middle_page;
    old_files["other.txt"] = other_page;
    middle_files["other.txt"] = prose(200'000, 26);  // has little of the other
    files["page.html"] = files["picture.png"] = files["docs/index.html"] = page;
    files["small.html"] = "<p>two";
    files["random.txt"] = noise_page;
    files["large.txt"] = prose(5'000'000, 24);
    const auto all = versions_of({{"new", files}, {"middle", middle_files}, {"old", old_files}});
    site_image made;
    made.raw = made_image(*all).content;
    return made;
  }

  // The response, for which what waits is done: all tasks aside run.
  std::string ask(std::string_view request) {
    fake_connection c;
    c.arriving = request;
    c.ended = true;
    s.http->opened(c);
    s.http->ready(c);
    waited = !c.is_over();
    for (int turns = 0; !c.is_over(); ++turns) {
      if (turns > 10) std::abort();
      run_tasks();
      bring();
    }
    return c.sent;
  }
  std::string get(std::string_view path, std::string_view fields = {}) {
    return ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  }
  void run_tasks() {
    for (const auto& task : std::exchange(s.on.aside_tasks, {})) task();
  }
  void bring() {
    for (const std::uint64_t ticket : std::exchange(s.on.arrived, {})) s.machine->arrived(0, ticket);
    while (s.machine->work(0)) {
    }
  }

  served_site s;
  bool waited = false;
};

TEST(Dictionaries, AreOffUnlessAskedFor) {
  dictionary_site d(0);
  const std::string r = d.get("/page.html", asks_with(d.old_page));
  EXPECT_EQ(field_of(r, "Use-As-Dictionary"), "");
  EXPECT_EQ(field_of(r, "Cache-Control"), "no-cache");
  EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding");
  EXPECT_NE(field_of(r, "Content-Encoding"), "dcz");
  EXPECT_FALSE(d.waited);
  // A platform that cannot code, as a guest, and a cache that keeps nothing.
  dictionary_site guest(3600, {}, /*codes=*/false);
  EXPECT_EQ(field_of(guest.get("/page.html", asks_with(d.old_page)), "Use-As-Dictionary"), "");
  cache_options none;
  none.cache_bytes = 0;
  dictionary_site without(3600, none);
  EXPECT_EQ(field_of(without.get("/page.html", asks_with(d.old_page)), "Use-As-Dictionary"), "");
}

TEST(Dictionaries, TextIsOne) {
  dictionary_site d;
  for (const std::string_view method : {"GET", "HEAD"}) {
    const std::string r = d.ask(std::string(method) + " /page.html HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(field_of(r, "Use-As-Dictionary"), R"(match="{/@:version}?/page.html")");
    EXPECT_EQ(field_of(r, "Cache-Control"), "max-age=0, s-maxage=0, stale-while-revalidate=3600");
    EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding, Available-Dictionary");
  }
  EXPECT_EQ(field_of(d.get("/@old/page.html"), "Use-As-Dictionary"), R"(match="{/@:version}?/page.html")");
  // By the path that was asked for, whatever the file's name is.
  EXPECT_EQ(field_of(d.get("/docs/"), "Use-As-Dictionary"), R"(match="{/@:version}?/docs/")");
  EXPECT_EQ(field_of(d.get("/page?x"), "Use-As-Dictionary"), R"(match="{/@:version}?/page")");
  // Too small, too large, no text, no path of a version.
  for (const std::string& path :
       std::vector<std::string>{"/small.html", "/large.txt", "/picture.png",
                                ("/@oid/" + hex(object_id(hash_kind::sha1, object_type::blob, as_bytes(d.page))))}) {
    const std::string r = d.get(path, asks_with(d.old_page));
    EXPECT_EQ(status_of(r), 200) << path;
    EXPECT_EQ(field_of(r, "Use-As-Dictionary"), "") << path;
    EXPECT_EQ(field_of(r, "Vary").find("Dictionary"), std::string::npos) << path;
    EXPECT_EQ(field_of(r, "Cache-Control").find("stale"), std::string::npos) << path;
    EXPECT_FALSE(d.waited) << path;
  }
  // Neither a part of it nor the word that it is the same.
  const std::string part = d.get("/page.html", "Range: bytes=0-9\r\n");
  EXPECT_EQ(status_of(part), 206);
  EXPECT_EQ(field_of(part, "Use-As-Dictionary"), "");
  const std::string same = d.get("/page.html", "If-None-Match: " + field_of(part, "ETag") + "\r\n");
  EXPECT_EQ(status_of(same), 304);
  EXPECT_EQ(field_of(same, "Use-As-Dictionary"), "");
  EXPECT_EQ(field_of(same, "Vary"), "Accept-Encoding, Available-Dictionary");
}

TEST(Dictionaries, OfEachVersionServeTheOthers) {
  dictionary_site d;
  struct way {
    std::string path, has, gets;
  };
  for (const way& w : std::vector<way>{{"/page.html", d.old_page, d.page},
                                       {"/page.html", d.middle_page, d.page},
                                       {"/@old/page.html", d.page, d.old_page},
                                       {"/@middle/page.html", d.old_page, d.middle_page},
                                       {"/page", d.old_page, d.page},
                                       {"/docs/", d.old_page, d.page},
                                       {"/page.html", d.page, d.page}}) {
    const std::string r = d.get(w.path, asks_with(w.has));
    EXPECT_EQ(status_of(r), 200) << w.path;
    EXPECT_EQ(field_of(r, "Content-Encoding"), "dcz") << w.path;
    EXPECT_EQ(field_of(r, "Content-Type"), "text/html; charset=utf-8") << w.path;
    EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding, Available-Dictionary");
    EXPECT_NE(field_of(r, "Use-As-Dictionary"), "");
    const std::string body = body_of(r);
    EXPECT_EQ(field_of(r, "Content-Length"), std::to_string(body.size()));
    EXPECT_TRUE(decoded(body, w.has, w.gets.size()) == w.gets) << w.path;
    EXPECT_LT(body.size(), 300u) << w.path;
    // It is kept.
    EXPECT_TRUE(d.get(w.path, asks_with(w.has)) == r) << w.path;
    EXPECT_FALSE(d.waited) << w.path;
  }
  EXPECT_EQ(d.s.machine->http().counts().with_dictionary, 14u);
  EXPECT_EQ(d.s.on.coded, 5u);  // each pair of contents once; two paths have the same
}

// The client has the present content, and so has the cache, once.
TEST(Dictionaries, OfTheSameContent) {
  dictionary_site d;
  EXPECT_TRUE(body_of(d.get("/page.html")) == d.page);
  const std::string r = d.get("/page.html", asks_with(d.page));
  EXPECT_TRUE(decoded(body_of(r), d.page, d.page.size()) == d.page);
  EXPECT_LT(body_of(r).size(), 100u);
}

// With the largest of both, no more is demanded of a client than 8 MB.
TEST(Dictionaries, OfTheLargestFiles) {
  const std::string old_text = prose(dictionary_maker::kMost, 27);
  std::string text = old_text;
  for (std::size_t at = 100; at < text.size(); at += 100'000) text.replace(at, 9, "<p>change");
  const auto all = versions_of({{"new", {{"wide.txt", text}}}, {"old", {{"wide.txt", old_text}}}});
  site_image made;
  made.raw = made_image(*all).content;
  dictionary_site d(std::move(made));
  const std::string r = d.get("/wide.txt", asks_with(old_text));
  EXPECT_EQ(field_of(r, "Content-Encoding"), "dcz");
  EXPECT_TRUE(decoded(body_of(r), old_text, text.size()) == text);
  EXPECT_LT(body_of(r).size(), 2'000u);
}

TEST(Dictionaries, HaveTagsAndRanges) {
  dictionary_site d;
  const std::string fields = asks_with(d.old_page);
  EXPECT_EQ(status_of(d.get("/page.html", fields + "Range: bytes=3-9\r\n")), 206);
  EXPECT_FALSE(d.waited);  // for what it does not need
  const std::string r = d.get("/page.html", fields), body = body_of(r), tag = field_of(r, "ETag");
  const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(d.page));
  EXPECT_TRUE(tag.starts_with('"' + hex(id) + "-dcz-")) << tag;
  EXPECT_NE(field_of(d.get("/page.html", asks_with(d.middle_page)), "ETag"), tag);
  EXPECT_EQ(d.ask("HEAD /page.html HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"), r.substr(0, r.size() - body.size()));
  const std::string same = d.get("/page.html", fields + "If-None-Match: W/" + tag + "\r\n");
  EXPECT_EQ(status_of(same), 304);
  EXPECT_EQ(field_of(same, "ETag"), tag);
  EXPECT_TRUE(body_of(d.get("/page.html", fields + "If-Match: " + tag + "\r\n")) == body);
  const std::string part = d.get("/page.html", fields + "Range: bytes=45-\r\nIf-Range: " + tag + "\r\n");
  EXPECT_EQ(status_of(part), 206);
  EXPECT_TRUE(body_of(part) == body.substr(45));
  EXPECT_EQ(field_of(part, "Content-Encoding"), "dcz");
  EXPECT_EQ(field_of(part, "Content-Range"),
            "bytes 45-" + std::to_string(body.size() - 1) + "/" + std::to_string(body.size()));
  // A Range without a tag means the plain content, and what the client has is not sent again.
  EXPECT_EQ(body_of(d.get("/page.html", fields + "Range: bytes=3-9\r\n")), d.page.substr(3, 7));
  EXPECT_EQ(status_of(d.get("/page.html", fields + "If-None-Match: \"" + hex(id) + "\"\r\n")), 304);
  EXPECT_FALSE(d.waited);
  // Nobody has what he cannot decode: a cache in between may hold it for others.
  for (const std::string& other : {std::string(kChromium), "Accept-Encoding: gzip\r\n" + available(d.old_page),
                                   asks_with(d.middle_page), asks_with(d.page)}) {
    EXPECT_EQ(status_of(d.get("/page.html", other + "If-None-Match: " + tag + "\r\n")), 200) << other;
    EXPECT_EQ(status_of(d.get("/page.html", other + "If-Match: " + tag + "\r\n")), 412) << other;
  }
  // It goes with the cache, comes again for the same tag, and is not made for who has the plain content.
  d.s.machine->flush();
  EXPECT_EQ(status_of(d.get("/page.html", fields + "If-None-Match: \"" + hex(id) + "\"\r\n")), 304);
  EXPECT_FALSE(d.waited);
  d.s.pass(2);
  EXPECT_EQ(status_of(d.get("/page.html", fields + "If-None-Match: " + tag + "\r\n")), 304);
  EXPECT_TRUE(d.waited);
}

TEST(Dictionaries, WeighAsOtherCodings) {
  dictionary_site d;
  struct weight_case {
    std::string accepted, coding;
  };
  for (const weight_case& c : std::vector<weight_case>{{"dcz", "dcz"},
                                                       {"gzip, dcz", "dcz"},
                                                       {"gzip;q=0.9, dcz;q=0.8", "gzip"},
                                                       {"gzip;q=0.5, DCZ;q=0.8", "dcz"},
                                                       {"dcz;q=0", ""},
                                                       {"dcz;q=0.1, identity;q=0.2", ""},
                                                       {"*", "dcz"},
                                                       {"*, dcz;q=0", "gzip"},
                                                       {"gzip, dcb", "gzip"},
                                                       {"identity;q=0, dcz", "dcz"}}) {
    const std::string r =
        d.get("/@middle/page.html", "Accept-Encoding: " + c.accepted + "\r\n" + available(d.old_page));
    // The PACK has a stream, or a delta, of which gzip is made in the background.
    const std::string coding = field_of(r, "Content-Encoding");
    EXPECT_TRUE(coding == c.coding || (c.coding == "gzip" && coding.empty())) << c.accepted << ": " << coding;
  }
}

TEST(Dictionaries, ThatAreUnknownChangeNothing) {
  dictionary_site d;
  (void)d.get("/page.html", kChromium);
  d.run_tasks();  // gzip, for the page is a delta
  const std::string without = d.get("/page.html", kChromium);
  const std::string hash = available(d.old_page).substr(22);
  for (const std::string& fields : std::vector<std::string>{
           available("never seen"), available(d.noise_page), "Available-Dictionary: \r\n",
           "Available-Dictionary: :AAAA:\r\n", "Available-Dictionary: " + hash.substr(0, hash.size() - 2) + ";a\r\n",
           available(d.old_page) + available(d.middle_page),
           "Available-Dictionary: " + std::string(4000, ':') + "\r\n"}) {
    EXPECT_TRUE(d.get("/page.html", std::string(kChromium) + fields) == without) << fields;
    EXPECT_TRUE(d.get("/page.html", std::string(kChromium) + fields) == without) << fields;
    EXPECT_FALSE(d.waited);
  }
  EXPECT_EQ(d.s.on.coded, 1u);
  // What becomes no smaller is tried once.
  const std::string random = d.get("/random.txt", asks_with(prose(40'000, 23)));
  EXPECT_TRUE(body_of(random) == d.noise_page);
  EXPECT_TRUE(d.waited);
  d.s.pass(5);
  EXPECT_TRUE(body_of(d.get("/random.txt", asks_with(prose(40'000, 23)))) == d.noise_page);
  EXPECT_FALSE(d.waited);
}

TEST(Dictionaries, AreNotWaitedForTooLong) {
  dictionary_site d;
  fake_connection slow, second;
  for (fake_connection* c : {&slow, &second}) {
    c->arriving = "GET /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + asks_with(d.old_page) + "\r\n";
    d.s.http->opened(*c);
    d.s.http->ready(*c);
    EXPECT_EQ(c->sent, "");
  }
  EXPECT_EQ(d.s.on.aside_tasks.size(), 1u);
  d.s.machine->tick(0);
  d.bring();
  EXPECT_EQ(slow.sent, "");
  d.s.on.now_ns += dictionary_maker::kPatience;
  d.s.machine->tick(0);
  d.bring();
  for (const fake_connection* c : {&slow, &second}) {
    EXPECT_TRUE(c->closed);
    EXPECT_EQ(status_of(c->sent), 200);
    EXPECT_NE(field_of(c->sent, "Content-Encoding"), "dcz");
  }
  // It is made all the same, for the next.
  d.run_tasks();
  EXPECT_EQ(field_of(d.get("/page.html", asks_with(d.old_page)), "Content-Encoding"), "dcz");
  EXPECT_FALSE(d.waited);
}

TEST(Dictionaries, ManyThatWaitGoWithout) {
  dictionary_site d;
  std::vector<std::unique_ptr<fake_connection>> clients;
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < dictionary_maker::kMostWaiting + 5; ++i) {
    auto& c = *clients.emplace_back(std::make_unique<fake_connection>());
    c.arriving = "GET /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                 asks_with("dictionary " + std::to_string(i)) + "\r\n";
    d.s.http->opened(c);
    d.s.http->ready(c);
    waiting += c.sent.empty();
  }
  EXPECT_EQ(waiting, dictionary_maker::kMostWaiting);
  EXPECT_EQ(d.s.on.aside_tasks.size(), 2u);  // one for all, and one for gzip
  d.run_tasks();
  d.bring();
  for (const auto& c : clients) EXPECT_TRUE(c->closed && status_of(c->sent) == 200);
}

// A client that is stuck in a large one loses it when there is no room, and gets the rest made again.
TEST(Dictionaries, LargeOnesAreTakenFromTheStuck) {
  cache_options little;
  little.cache_bytes = 1 << 20;
  dictionary_site d(3600, little);
  const std::string whole = d.get("/@middle/other.txt", asks_with(d.other_page));
  ASSERT_EQ(field_of(whole, "Content-Encoding"), "dcz");
  ASSERT_GT(body_of(whole).size(), 2 * content_ledger::kOwn);
  for (const std::string& range :
       {std::string(), "Range: bytes=50-\r\nIf-Range: " + field_of(whole, "ETag") + "\r\n"}) {
    fake_connection c;
    c.window = 1000;
    c.arriving = "GET /@middle/other.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + asks_with(d.other_page) +
                 range + "\r\n";
    d.s.http->opened(c);
    d.s.http->ready(c);
    ASSERT_FALSE(c.is_over());
    site& mounted = *d.s.machine->http().mounted();
    d.s.machine->flush();
    mounted.held().trim(*mounted.shared().live(), 0);
    while (!c.is_over()) {
      c.drain(c.taken);
      d.s.http->ready(c);
      d.bring();
    }
    EXPECT_TRUE(c.closed);
    EXPECT_TRUE(body_of(c.sent) == body_of(whole).substr(range.empty() ? 0 : 50));
    EXPECT_GT(mounted.held().taken(), 0u);
    (void)d.get("/@middle/other.txt", asks_with(d.other_page));
    d.s.pass(2);
    (void)d.get("/@middle/other.txt", asks_with(d.other_page));
  }
}

// The image goes away while a client waits for what is made of it: the next one answers.
TEST(Dictionaries, OfAReplacedImageAreForgotten) {
  dictionary_site d;
  fake_connection c;
  c.arriving = "GET /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + asks_with(d.old_page) + "\r\n";
  d.s.http->opened(c);
  d.s.http->ready(c);
  ASSERT_EQ(d.s.on.aside_tasks.size(), 1u);
  ASSERT_TRUE(d.s.machine->mount(""));
  const auto too_late = std::exchange(d.s.on.aside_tasks, {});
  d.bring();
  EXPECT_EQ(c.sent, "");
  EXPECT_EQ(d.s.on.aside_tasks.size(), 1u);
  d.run_tasks();
  for (const auto& task : too_late) task();
  d.bring();
  EXPECT_TRUE(c.closed);
  EXPECT_EQ(field_of(c.sent, "Content-Encoding"), "dcz");
}

// A disk that fails while it is made: the client gets what the disk still has, and does not wait again.
TEST(Dictionaries, OfABrokenImageAreNotWaitedForAgain) {
  dictionary_site d;
  const std::string plain = d.get("/page.html");
  // The trees and the other versions' contents are damaged, but not what the loop has read.
  for (std::size_t at = 4096; at + 4096 < d.s.image.raw.size() / 2; at += 512) d.s.image.raw[at] ^= std::byte{0xff};
  const std::string r = d.get("/page.html", asks_with(d.old_page));
  EXPECT_TRUE(d.waited);
  EXPECT_NE(field_of(r, "Content-Encoding"), "dcz");
  EXPECT_EQ(body_of(r), body_of(plain));
  (void)d.get("/page.html", asks_with(d.old_page));
  EXPECT_FALSE(d.waited);
}

}  // namespace
}  // namespace docteur::cache_vm
