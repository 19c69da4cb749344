// Responses that are coded with a dictionary that the client has (RFC 9842, dcz): the content of the same path in
// another version of the image.

#include <gtest/gtest.h>

#include "cache/dictionary_site.hpp"

namespace docteur::cache_vm {
namespace {

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

}  // namespace
}  // namespace docteur::cache_vm
