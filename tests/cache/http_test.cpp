// The server's answers, from raw requests to raw responses.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "pack/inflate.hpp"
#include "unikernel-example/application/media_types.hpp"

namespace docteur::cache_vm {
namespace {

std::string tag(const oid& id, const char* suffix = "") { return '"' + hex(id) + suffix + '"'; }

TEST(Http, HeadersOfAFile) {
  served_site s;
  const std::string r = s.get("/ten.txt");
  EXPECT_EQ(body_of(r), kTen);
  EXPECT_EQ(field_of(r, "ETag"), tag(s.image.ten));
  EXPECT_EQ(field_of(r, "Last-Modified"), kModified);
  EXPECT_EQ(field_of(r, "Date"), "Sun, 15 Jun 2025 15:06:40 GMT");
  EXPECT_EQ(field_of(r, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(field_of(r, "Content-Length"), "10");
  EXPECT_EQ(field_of(r, "Accept-Ranges"), "bytes");
  EXPECT_EQ(field_of(r, "Vary"), "");  // too small for a coded form
  const std::string head = s.exchange("HEAD /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head, r.substr(0, r.size() - 10));
}

TEST(Http, DateAndLastModifiedWithoutOrBeforeTheClock) {
  served_site s;
  s.on.seconds = 1'500'000'000;  // before the commit
  s.machine->tick(0);
  EXPECT_EQ(field_of(s.get("/ten.txt"), "Last-Modified"), field_of(s.get("/ten.txt"), "Date"));
  s.on.seconds = std::nullopt;
  s.machine->tick(0);
  EXPECT_EQ(field_of(s.get("/ten.txt"), "Date"), "");
  EXPECT_EQ(field_of(s.get("/ten.txt"), "Last-Modified"), kModified);
}

TEST(Http, Directories) {
  served_site s;
  EXPECT_EQ(body_of(s.get("/")), "<h1>first</h1>");
  EXPECT_EQ(body_of(s.get("/docs/")), "<p>docs");
  // Relative, so that a proxy may add a prefix.
  EXPECT_EQ(field_of(s.get("/docs?a=b"), "Location"), "docs/?a=b");
  EXPECT_EQ(field_of(s.get("/docs?\xc3\xa9"), "Location"), "docs/?%C3%A9");
  EXPECT_EQ(field_of(s.get("/docs/sub"), "Location"), "sub/");
  EXPECT_EQ(field_of(s.get("//docs"), "Location"), "docs/");  // never "//docs/", which is another host
  // The redirect replaces what the client takes for the last segment.
  EXPECT_EQ(field_of(s.get("/docs%2Fsub"), "Location"), "docs/sub/");
  EXPECT_EQ(field_of(s.get("/docs/%2Fsub"), "Location"), "sub/");
}

TEST(Http, OwnNotFoundPage) {
  served_site s({}, true);
  const std::string r = s.get("/nothing", "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
  EXPECT_EQ(status_of(r), 404);
  EXPECT_EQ(body_of(r), "<p>our own");
  EXPECT_EQ(field_of(r, "ETag"), "");
}

TEST(Http, Listing) {
  cache_options o;
  o.site.listing = true;
  served_site s(o);
  const std::string r = s.get("/docs/sub/");
  EXPECT_EQ(status_of(r), 200);
  EXPECT_EQ(field_of(r, "Transfer-Encoding"), "chunked");
  EXPECT_NE(body_of(r).find("<a href=\"./a%20b%26c.txt\">a b&amp;c.txt</a>"), std::string::npos);
  EXPECT_TRUE(body_of(r).ends_with("\r\n0\r\n\r\n"));
  const std::string old = s.exchange("GET /docs/sub/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(field_of(old, "Transfer-Encoding"), "");
  EXPECT_TRUE(body_of(old).ends_with("</ul>\n"));
}

TEST(Http, ListingThroughALink) {
  cache_options o;
  o.site.listing = true;
  image_maker m;
  site_image made;
  made.ten = m.add_blob(kTen);
  const oid deep = m.add_tree(tree_text().add("100644", "in-deep", made.ten));
  const oid folder =
      m.add_tree(tree_text().add("40000", "deep", deep).add("120000", "up", m.add_blob("../folder/deep/")));
  const oid root = m.add_tree(tree_text()
                                  .add("120000", "chain", m.add_blob("link/deep"))
                                  .add("40000", "folder", folder)
                                  .add("120000", "gone", m.add_blob("nothing"))
                                  .add("120000", "link", m.add_blob("folder"))
                                  .add("120000", "top", m.add_blob(".")));
  made.commit = m.add(object_type::commit, commit_text(root));
  made.raw = m.image(made.commit);
  served_site s(std::move(made), o);
  for (const char* path : {"/folder/", "/link/", "/top/link/"})
    EXPECT_NE(s.get(path).find("<a href=\"./deep/\">"), std::string::npos) << path;
  for (const char* path : {"/folder/deep/", "/link/deep/", "/chain/", "/folder/up/", "/link/up/"})
    EXPECT_NE(s.get(path).find("<a href=\"./in-deep\">"), std::string::npos) << path;
  EXPECT_NE(s.get("/top/").find("<a href=\"./folder/\">"), std::string::npos);
  EXPECT_NE(s.get("/link/").find("<h1>/link/</h1>"), std::string::npos);
  EXPECT_EQ(status_of(s.get("/gone/")), 404);
  EXPECT_EQ(field_of(s.get("/link"), "Location"), "link/");
}

TEST(MediaTypes, OfAPresentDaySite) {
  for (const auto& [name, type] : std::vector<std::pair<const char*, const char*>>{
           {"a.ts", "video/mp2t"},
           {"a.m4s", "video/iso.segment"},
           {"a.m3u8", "application/vnd.apple.mpegurl"},
           {"a.mpd", "application/dash+xml"},
           {"a.mp4", "video/mp4"},
           {"main.rs", "text/plain; charset=utf-8"},
           {"main.go", "text/plain; charset=utf-8"},
           {"a.yaml", "application/yaml"},
           {"a.YML", "application/yaml"},
           {"Cargo.toml", "application/toml"},
           {"app.js.map", "application/json"},
           {"a.json", "application/json"},
           {"a.mjs", "text/javascript; charset=utf-8"},
           {"a.js", "text/javascript; charset=utf-8"},
           {"a.wasm", "application/wasm"},
           {"a.avif", "image/avif"},
           {"a.webp", "image/webp"},
           {"a.jxl", "image/jxl"},
           {"a.svg", "image/svg+xml"},
           {"a.ico", "image/vnd.microsoft.icon"},
           {"a.woff2", "font/woff2"},
           {"site.webmanifest", "application/manifest+json"},
           {"README.md", "text/markdown; charset=utf-8"},
           {"a.vtt", "text/vtt"},
           {"a.css", "text/css; charset=utf-8"},
           {"a.html", "text/html; charset=utf-8"},
           {"a.xhtml", "application/xhtml+xml; charset=utf-8"},
           {"a.pdf", "application/pdf"},
           {"docs.d/README", "application/octet-stream"},
           {"a.unheard-of", "application/octet-stream"},
       })
    EXPECT_EQ(media_of(name).in_utf8, type) << name;
  EXPECT_EQ(media_of("a.html").plain, "text/html");
}

// A charset parameter would override an encoding that the content names.
TEST(Http, CharsetIsThatOfTheContent) {
  const std::string far(1100, ' ');
  const std::string filler(1023, 'a');
  struct charset_case {
    const char* name;
    std::string content;
    const char* type;
  };
  const std::vector<charset_case> cases{
      {"a-plain.html", "<h1>caf\xc3\xa9</h1>", "text/html; charset=utf-8"},
      {"b-meta.html", "<!doctype html><META Charset=iso-8859-1>caf\xe9", "text/html"},
      {"c-equiv.html", "<meta name=a><meta http-equiv=content-type content='text/html; charset=koi8-r'>", "text/html"},
      {"d-utf8.html", "<meta charset=utf-8>", "text/html"},
      {"e-far.html", far + "<meta charset=utf-8>", "text/html; charset=utf-8"},
      {"f-mark.txt", "\xef\xbb\xbfx", "text/plain"},
      {"g-utf16.txt",
       std::string("\xff\xfe"
                   "a\0",
                   4),
       "text/plain"},
      {"h-latin.txt", "caf\xe9\n", "text/plain"},
      {"i-cut.txt", filler + "\xc3\xa9" + far, "text/plain; charset=utf-8"},
      {"j-not-cut.txt", filler + "\xc3" + far, "text/plain; charset=utf-8"},  // the rest is not examined
      {"k-wrong.txt", "a\xc3" + far, "text/plain"},
      {"l-meta.txt", "<meta charset=koi8-r>", "text/plain; charset=utf-8"},
      {"m-said.css", "@charset \"koi8-r\";", "text/css"},
      {"n-xml.xhtml", "<?xml version='1.0' encoding='koi8-r'?>", "application/xhtml+xml"},
      {"o-xml.xhtml", "<?xml version='1.0'?>", "application/xhtml+xml; charset=utf-8"},
      {"p-empty.txt", "", "text/plain; charset=utf-8"},
      {"q-large.html", "<meta charset=koi8-r>" + prose(700'000, 9), "text/html"},
      {"r-coded.html", "<meta charset=koi8-r>" + prose(20'000, 10), "text/html"},
      {"s-data.json", "caf\xe9", "application/json"},
  };
  image_maker m;
  site_image made;
  tree_text top;
  for (const charset_case& c : cases) top.add("100644", c.name, m.add_blob(c.content));
  made.commit = m.add(object_type::commit, commit_text(m.add_tree(top)));
  made.raw = m.image(made.commit);
  for (const std::string fields : {"", "Accept-Encoding: deflate\r\n", "Accept-Encoding: gzip\r\n"}) {
    for (const char* first : {"HEAD", "GET"}) {
      served_site s(made, {});
      for (const charset_case& c : cases) {
        for (const std::string method : {first, "HEAD", "GET"}) {
          const std::string r = s.exchange(method + " /" + c.name + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
          EXPECT_EQ(field_of(r, "Content-Type"), c.type) << method << " " << c.name << fields;
        }
      }
    }
  }
}

TEST(Http, Deflate) {
  served_site s;
  const std::string r = s.get("/page.html", "Accept-Encoding: gzip;q=0.2, deflate;q=0.5\r\n");
  EXPECT_EQ(field_of(r, "Content-Encoding"), "deflate");
  EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding");
  EXPECT_TRUE(field_of(r, "ETag").starts_with('"' + hex(s.image.page) + "-deflate-"));
  const std::string body = body_of(r);
  std::string text(kPage.size(), '\0');
  auto inflate = inflater::make();
  const auto taken = inflate->inflate(as_bytes(body), {reinterpret_cast<std::byte*>(text.data()), text.size()}, 0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, body.size());
  EXPECT_EQ(text, kPage);
  for (const char* fields : {"", "Accept-Encoding: br\r\n", "Accept-Encoding: deflate;q=0\r\n",
                             "Accept-Encoding: deflate;q=0.2, identity\r\n"}) {
    const std::string plain = s.get("/page.html", fields);
    EXPECT_EQ(body_of(plain), kPage) << fields;
    EXPECT_EQ(field_of(plain, "Vary"), "Accept-Encoding");
    EXPECT_EQ(field_of(plain, "ETag"), tag(s.image.page));
  }
  // Content that does not match its id is not sent in its coded form either.
  EXPECT_EQ(status_of(s.get("/damaged.txt", "Accept-Encoding: deflate\r\n")), 500);
}

TEST(Http, DamagedLargeFileIsNeverWhole) {
  served_site s;
  const std::string r = s.get("/damaged-large.txt");
  EXPECT_TRUE(s.aborted);
  EXPECT_LT(body_of(r).size(), std::stoul(field_of(r, "Content-Length")));
  EXPECT_EQ(s.machine->http().counts().faults, 1u);
}

TEST(Http, ObjectsById) {
  served_site s;
  const std::string r = s.get("/@oid/" + hex(s.image.ten));
  EXPECT_EQ(body_of(r), kTen);
  EXPECT_EQ(field_of(r, "X-Git-Object-Type"), "blob");
  EXPECT_NE(field_of(r, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(field_of(r, "Last-Modified"), "");
  EXPECT_EQ(status_of(s.get("/@oid/" + hex(s.image.ten), "If-None-Match: " + tag(s.image.ten) + "\r\n")), 304);
  const std::string commit = s.get("/@oid/" + hex(s.image.commit));
  EXPECT_EQ(field_of(commit, "X-Git-Object-Type"), "commit");
  EXPECT_TRUE(body_of(commit).starts_with("tree " + hex(s.image.root)));
  EXPECT_EQ(status_of(s.get("/@oid/" + hex(s.image.damaged))), 500);
}

}  // namespace
}  // namespace docteur::cache_vm
