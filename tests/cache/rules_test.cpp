// The rules of an image: its files _headers and _redirects, and its pages of 404.

#include <gtest/gtest.h>

#include "cache/rules_site.hpp"

namespace docteur::cache_vm {
namespace {

TEST_F(Rules, FieldsOfAllPathsThatMatch) {
  served_site& s =
      serve({{"_headers",
              "# everywhere\n/*\n  X-Frame-Options: DENY\n  Link: </a.css>; rel=preload\n"
              "  Link: </b.js>; rel=preload\r\n\n/there.txt\n\tX-Frame-Options: SAMEORIGIN\n  Cache-Control: "
              "public, max-age=31536000, immutable\n  Content-Type: text/x-special\n  Set-Cookie: a=1\n"
              "  Set-Cookie: b=2\n  Vary: Origin\n/index.html\n  ! Link\n  ! Cache-Control\n"}});
  const std::string r = s.get("/there.txt");
  EXPECT_EQ(fields_of(r, "X-Frame-Options"), std::vector<std::string>{"DENY, SAMEORIGIN"});
  EXPECT_EQ(fields_of(r, "Link"), std::vector<std::string>{"</a.css>; rel=preload, </b.js>; rel=preload"});
  EXPECT_EQ(fields_of(r, "Cache-Control"), std::vector<std::string>{"public, max-age=31536000, immutable"});
  EXPECT_EQ(fields_of(r, "Content-Type"), std::vector<std::string>{"text/x-special"});
  EXPECT_EQ(fields_of(r, "Set-Cookie"), (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(fields_of(r, "Vary"), std::vector<std::string>{"Origin"});
  EXPECT_EQ(fields_of(r, "Content-Length"), std::vector<std::string>{"5"});
  EXPECT_EQ(body_of(r), "there");
  const std::string top = s.get("/index.html");
  EXPECT_EQ(fields_of(top, "X-Frame-Options"), std::vector<std::string>{"DENY"});
  EXPECT_TRUE(fields_of(top, "Link").empty());
  EXPECT_TRUE(fields_of(top, "Cache-Control").empty());
  EXPECT_FALSE(field_of(top, "Last-Modified").empty());
  EXPECT_EQ(fields_of(s.get("/"), "Link").size(), 1u);  // another path than /index.html
  EXPECT_EQ(s.on.console.find("_headers"), std::string::npos);
}

TEST_F(Rules, FieldsOfEveryKindOfResponse) {
  served_site& s = serve({{"_headers", "/*\n  X-A: 1\n  Cache-Control: max-age=60\n  Content-Type: text/odd\n"},
                          {"page.txt", prose(20'000, 1)}});
  const std::string tag = field_of(s.get("/page.txt"), "ETag");
  const std::string same = s.get("/page.txt", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(status_of(same), 304);
  EXPECT_EQ(field_of(same, "X-A"), "1");
  EXPECT_EQ(field_of(same, "Cache-Control"), "max-age=60");
  EXPECT_EQ(field_of(same, "ETag"), tag);
  EXPECT_EQ(field_of(same, "Content-Type"), "");
  const std::string part = s.get("/page.txt", "Range: bytes=0-1\r\n");
  EXPECT_EQ(status_of(part), 206);
  EXPECT_EQ(field_of(part, "X-A"), "1");
  EXPECT_EQ(field_of(part, "Content-Type"), "text/odd");
  const std::string parts = s.get("/page.txt", "Range: bytes=0-1,9-10\r\n");
  EXPECT_TRUE(field_of(parts, "Content-Type").starts_with("multipart/byteranges; boundary="));
  EXPECT_NE(body_of(parts).find("Content-Type: text/odd\r\n"), std::string::npos);
  const std::string coded = s.get("/page.txt", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(field_of(coded, "Content-Encoding"), "gzip");
  EXPECT_EQ(field_of(coded, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field_of(coded, "X-A"), "1");
  const std::string folder = s.get("/app");
  EXPECT_EQ(status_of(folder), 301);
  EXPECT_EQ(field_of(folder, "X-A"), "1");
  // A rule about caching content is not about its absence.
  const std::string absent = s.get("/nothing");
  EXPECT_EQ(status_of(absent), 404);
  EXPECT_EQ(field_of(absent, "X-A"), "1");
  EXPECT_EQ(field_of(absent, "Cache-Control"), "");
  EXPECT_EQ(field_of(absent, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(field_of(s.get("/page.txt", "If-Match: \"x\"\r\n"), "X-A"), "1");
  EXPECT_EQ(field_of(s.get("/page.txt", "Range: bytes=99999-\r\n"), "X-A"), "1");
  const std::string asked = s.exchange("OPTIONS /page.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(asked), 204);
  EXPECT_EQ(field_of(asked, "X-A"), "1");
  // The server's own pages and objects by their ids are not the site's.
  EXPECT_EQ(field_of(s.get("/.docteur/status", ""), "X-A"), "");
  EXPECT_EQ(field_of(s.get("/@oid/" + hex(s.image.root)), "X-A"), "");
  EXPECT_EQ(field_of(s.get("/info/refs?service=git-upload-pack"), "X-A"), "");
  EXPECT_EQ(field_of(s.exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "X-A"), "");
}

TEST_F(Rules, PatternsOfPaths) {
  served_site& s = serve({{"_headers",
                           "/a/:x/b-:y.txt\n  X-P: :x and :y at https://example.org:80/:z\n/*.js\n  X-S: [:splat]\n"
                           "/deep/*/end\n  X-D: :splat\nhttps://www.example.org/*\n  X-H: 1\n/sp%20ace\n  X-E: 1\n"}});
  EXPECT_EQ(field_of(s.get("/a/1/b-2.txt"), "X-P"), "1 and 2 at https://example.org:80/:z");
  EXPECT_EQ(field_of(s.get("/a/%0d%0aX-Evil:%201/b-%c3%a9.txt"), "X-P"),
            "%0D%0AX-Evil%3A%201 and %C3%A9 at https://example.org:80/:z");
  for (const char* path : {"/a/1/b-.txt", "/a/1/c-2.txt", "/a/b-2.txt", "/a/1/2/b-2.txt", "/a/1/b-2.txt/x"})
    EXPECT_EQ(field_of(s.get(path), "X-P"), "") << path;
  EXPECT_EQ(field_of(s.get("/x/y.js"), "X-S"), "[x/y]");
  EXPECT_EQ(field_of(s.get("/x/y.jsx"), "X-S"), "");
  EXPECT_EQ(field_of(s.get("/deep/1/2/end"), "X-D"), "1/2");
  EXPECT_EQ(field_of(s.get("/deep/end"), "X-D"), "");
  EXPECT_EQ(field_of(s.get("/sp%20ace"), "X-E"), "1");
  EXPECT_EQ(field_of(s.get("/there.txt"), "X-H"), "");
  EXPECT_EQ(field_of(s.exchange("GET / HTTP/1.1\r\nHost: WWW.example.org:8080\r\n\r\n"), "X-H"), "1");
}

TEST_F(Rules, FieldsThatOnlyTheServerSends) {
  std::string text = "/*\n";
  for (const char* name : {"Content-Length", "transfer-encoding", "Connection", "Date", "ETag", "Content-Encoding",
                           "Content-Range", "Last-Modified", "Server", "Location", "Keep-Alive", "Upgrade", "Trailer"})
    text += std::string("  ") + name + ": 1\n  ! " + name + "\n";
  served_site& s =
      serve({{"_headers", text + "  ! Vary\n  Bad Name: 1\n  X-Control: a\x01z\n  Empty:\n  X-Good: 1\n"}});
  const std::string r = s.get("/there.txt");
  EXPECT_EQ(fields_of(r, "Content-Length"), std::vector<std::string>{"5"});
  EXPECT_EQ(field_of(r, "X-Good"), "1");
  EXPECT_EQ(field_of(r, "X-Control"), "");
  EXPECT_EQ(s.machine->http().mounted()->shared().versions().first()->rules->faults.count(), 2u * 13 + 4);
  EXPECT_NE(s.on.console.find("disk 0: _headers, line 2: only the server itself sends this field"), std::string::npos);
  EXPECT_NE(s.on.console.find("disk 0: rules: 14 more lines are wrong"), std::string::npos);
}

TEST_F(Rules, Redirects) {
  serve({{"_redirects",
          "# comment\n/old /new\n/found  /x  302\n/see /x 303\n/keep /x 307\n/moved /x 308 # why\n"
          "/away https://example.org/a?b=c#d\n/blog/* /posts/:splat\n/:year/:title.html /:title/:year 301\n"
          "/frag /x#part\n/with /x?own=1\n/old /never\n/gone /410.html 410\n/caf%C3%A9 /coffee/\xc3\xa9\n"}});
  EXPECT_EQ(location("/old"), "/new");
  EXPECT_EQ(status("/old"), 301);
  EXPECT_EQ(status("/found"), 302);
  EXPECT_EQ(status("/see"), 303);
  EXPECT_EQ(status("/keep"), 307);
  EXPECT_EQ(status("/moved"), 308);
  EXPECT_EQ(location("/away"), "https://example.org/a?b=c#d");
  EXPECT_EQ(location("/blog/1/2"), "/posts/1/2");
  EXPECT_EQ(location("/blog"), "/posts/");
  EXPECT_EQ(location("/blog/?q=1&r=%20"), "/posts/?q=1&r=%20");
  EXPECT_EQ(location("/1999/odd%20one.html"), "/odd%20one/1999");
  EXPECT_EQ(location("/frag?q"), "/x?q#part");
  EXPECT_EQ(location("/with?q"), "/x?own=1");
  EXPECT_EQ(status("/gone"), 404);  // that page does not exist either
  EXPECT_EQ(location("/caf%c3%a9"), "/coffee/%C3%A9");
  EXPECT_EQ(body_of(site->get("/old")), "");
  EXPECT_EQ(status("/old/"), 301);
  EXPECT_EQ(status("/older"), 404);
}

TEST_F(Rules, FilesPrecedeRulesUnlessForced) {
  served_site& s =
      serve({{"_redirects", "/there.txt /x\n/index.html /forced 301!\n/app /y\n/empty /z\n"}, {"empty/file", "?"}});
  EXPECT_EQ(body_of(s.get("/there.txt")), "there");
  EXPECT_EQ(location("/index.html"), "/forced");
  EXPECT_EQ(location("/app"), "app/");  // it has an index.html
  EXPECT_EQ(location("/empty"), "/z");  // it has none, so there is nothing to send
  EXPECT_EQ(location("/empty/"), "/z");
  EXPECT_EQ(body_of(s.get("/empty/file")), "?");
}

TEST_F(Rules, SinglePageApplication) {
  served_site& s =
      serve({{"_redirects", "/api/* /none 404\n/assets/* /assets/:splat 200\n/app/* /app/ 200\n/* /index.html 200\n"},
             {"assets/a.js", "a"}});
  for (const char* path : {"/users/1", "/x", "/a/b/c/", "/there.txt/x"}) {
    const std::string r = s.get(path);
    EXPECT_EQ(status_of(r), 200) << path;
    EXPECT_EQ(body_of(r), "<h1>top</h1>") << path;
    EXPECT_EQ(field_of(r, "ETag"), field_of(s.get("/"), "ETag")) << path;
    EXPECT_EQ(field_of(r, "Content-Type"), "text/html; charset=utf-8") << path;
    EXPECT_EQ(status_of(s.get(path, "If-None-Match: " + field_of(r, "ETag") + "\r\n")), 304) << path;
  }
  EXPECT_EQ(body_of(s.get("/app/deep/er")), "<p>app");
  EXPECT_EQ(body_of(s.get("/there.txt")), "there");
  EXPECT_EQ(body_of(s.get("/x", "Range: bytes=0-3\r\n")), "<h1>");
  EXPECT_EQ(status("/api/x"), 404);
  EXPECT_EQ(body_of(s.get("/assets/a.js")), "a");
  EXPECT_EQ(status("/assets/absent.js"), 404);  // not the page
}

TEST_F(Rules, Parameters) {
  serve({{"_redirects",
          "/store id=:id kind=book /books/:id\n/store id=:id /all/:id?from=store\n/store a=%20b /space\n/store "
          "/none\n"}});
  EXPECT_EQ(location("/store?id=7&kind=book"), "/books/7");
  EXPECT_EQ(location("/store?kind=book&x&id=a%2Fb%3Fc"), "/books/a/b%3Fc");
  EXPECT_EQ(location("/store?id=7&kind=film"), "/all/7?from=store");
  EXPECT_EQ(location("/store?a=%20b"), "/space");
  EXPECT_EQ(location("/store?q"), "/none?q");
}

TEST_F(Rules, ARedirectToItselfIsNone) {
  serve({{"_redirects", "/loop /loop/\n/l%6Fop /loop?a 302\n/loop /index.html 200\n/up/* /up/:splat\n"}});
  EXPECT_EQ(status("/loop"), 200);
  EXPECT_EQ(status("/up/x"), 404);
}

TEST_F(Rules, NoRequestChoosesAnotherHost) {
  served_site& s =
      serve({{"_redirects",
              "/r/* /:splat/evil.example/\n/s/* /:splat\n/t/* //evil.example/\n/u/* https://:splat/\n"
              "/v/* https://:splat.example.org/\n/w/* /\\evil.example/\n/q u=:u https://example.org:u\n"}});
  EXPECT_EQ(location("/r"), "/evil.example/");
  EXPECT_EQ(location("/s/%2F%2Fevil.example"), "/evil.example");
  EXPECT_EQ(location("/s/%5Cevil.example"), "/%5Cevil.example");
  EXPECT_EQ(location("/s//evil.example/%0d%0aX:%20y"), "/evil.example/%0D%0AX%3A%20y");
  for (const char* path : {"/t/x", "/u/evil", "/v/evil", "/w/x", "/q?u=.evil"}) EXPECT_EQ(status(path), 404) << path;
  EXPECT_NE(s.on.console.find("_redirects, line 3: a destination on another host needs"), std::string::npos);
  EXPECT_NE(s.on.console.find("_redirects, line 4: "), std::string::npos);
}

TEST_F(Rules, WrongLinesAreToldAndTheOthersWork) {
  served_site& s = serve({{"_redirects",
                           "/a\n/b /x 418\n/c /x 301 Country=de\nd /x\n/e https://other.example/ 200\n/f/**/x /y\n"
                           "/g/:a:b /x\n/h/%zz /x\n" +
                               std::string(2001, 'x') + "\n/good /x\n"}});
  for (const char* path : {"/a", "/b", "/c", "/d", "/e"}) EXPECT_EQ(status(path), 404) << path;
  EXPECT_EQ(location("/good"), "/x");
  for (int line = 1; line <= 9; ++line)
    EXPECT_NE(s.on.console.find("disk 0: _redirects, line " + std::to_string(line) + ": "), std::string::npos) << line;
  EXPECT_EQ(s.on.console.find("line 10"), std::string::npos);
  const std::string text = own_status();
  EXPECT_NE(text.find("\"rules\":{\"header_paths\":0,\"redirects\":1,\"wrong_lines\":9,\"faults\":[{\"file\":"
                      "\"_redirects\",\"line\":1,\"reason\":\"no destination\"},"),
            std::string::npos);
}

TEST_F(Rules, TheFilesAreNotServed) {
  const std::map<std::string, std::string> files{
      {"_headers", "/*\n  X-A: 1\n"}, {"_redirects", "/old /new\n"}, {"app/_headers", "an ordinary file"}};
  served_site& s = serve(files);
  EXPECT_EQ(status("/_headers"), 404);
  EXPECT_EQ(status("/_redirects"), 404);
  EXPECT_EQ(body_of(s.get("/app/_headers")), "an ordinary file");
  cache_options off;
  off.site.rules = false;
  served_site& plain = serve(files, off);
  EXPECT_EQ(body_of(plain.get("/_redirects")), "/old /new\n");
  EXPECT_EQ(field_of(plain.get("/"), "X-A"), "");
  EXPECT_EQ(status("/old"), 404);
  EXPECT_NE(own_status().find("\"rules\":null"), std::string::npos);
}

TEST_F(Rules, LimitsAreTold) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "/r" + std::to_string(i) + " /x\n";
  served_site& s = serve({{"_headers", std::string((256 << 10) + 1, '#')}, {"_redirects", many}});
  EXPECT_NE(s.on.console.find("disk 0: _headers: more than 256 KiB; it has no effect"), std::string::npos);
  EXPECT_NE(s.on.console.find("disk 0: _redirects, line 4097: more than 4096 rules"), std::string::npos);
  EXPECT_EQ(location("/r4095"), "/x");
  EXPECT_EQ(status("/r4096"), 404);
}

TEST_F(Rules, AHostileFileOfFieldsIsBounded) {
  std::string lines = "/*\n";
  for (int i = 0; i < 30'000; ++i) lines += i % 60 == 0 ? "/:a*\n" : "a:b\n";
  EXPECT_NE(serve({{"_headers", lines}}).on.console.find("_headers, line "), std::string::npos);
  std::string same;
  for (int i = 0; i < 512; ++i) {
    same += "/*\n";
    for (int j = 0; j < 64; ++j) same += "a:b\n";
  }
  served_site& s = serve({{"_headers", same}});
  EXPECT_NE(s.on.console.find("more than 2048 fields; what follows has no effect"), std::string::npos);
  EXPECT_EQ(field_of(s.get("/"), "a").size(), 3u * 2048 - 2);
  // What a request contributes is bounded for all fields together.
  std::string long_ones = "/*\n";
  for (int i = 0; i < 64; ++i) long_ones += "X-" + std::to_string(i) + ": :splat:splat:splat\n";
  served_site& t = serve({{"_headers", long_ones}});
  EXPECT_LT(t.get("/" + std::string(2000, 'x')).size(), 10'000u);
}

TEST_F(Rules, ThePageOf404IsTheNearest) {
  served_site& s = serve({{"404.html", "<p>top"},
                          {"app/404.html", "<p>app's"},
                          {"docs/a", "?"},
                          {"_redirects", "/x /app/404.html 410\n"}});
  EXPECT_EQ(body_of(s.get("/nothing")), "<p>top");
  EXPECT_EQ(body_of(s.get("/docs/nothing/at/all")), "<p>top");
  EXPECT_EQ(body_of(s.get("/app/nothing")), "<p>app's");
  EXPECT_EQ(body_of(s.get("/app/no/thing/")), "<p>app's");
  EXPECT_EQ(status("/app/nothing"), 404);
  EXPECT_EQ(body_of(s.get("/x")), "<p>app's");
  EXPECT_EQ(status("/x"), 410);
}

TEST_F(Rules, CleanUrls) {
  const std::map<std::string, std::string> files{
      {"page.html", "<p>page"},         {"both", "both"}, {"both.html", "<p>both"}, {"app.html", "<p>beside"},
      {"_redirects", "/* /page 200\n"}, {"dir/a", "?"},   {"dir.html", "<p>dir"},   {"docs/a:b.html", "<p>odd"}};
  served_site& s = serve(files);
  const std::string r = s.get("/page");
  EXPECT_EQ(status_of(r), 200);
  EXPECT_EQ(body_of(r), "<p>page");
  EXPECT_EQ(field_of(r, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(field_of(r, "ETag"), field_of(s.get("/page.html"), "ETag"));
  EXPECT_EQ(body_of(s.get("/both")), "both");
  EXPECT_EQ(body_of(s.get("/app/other")), "<p>other");
  EXPECT_EQ(location("/app"), "app/");
  EXPECT_EQ(location("/dir"), "");
  EXPECT_EQ(body_of(s.get("/dir")), "<p>dir");     // the folder has nothing to send
  EXPECT_EQ(body_of(s.get("/page/")), "<p>page");  // by the rule
  EXPECT_EQ(body_of(s.get("/x")), "<p>page");
  EXPECT_EQ(location("/page.html"), "");

  cache_options off;
  off.site.html = clean_urls::off;
  serve({{"page.html", "<p>page"}}, off);
  EXPECT_EQ(status("/page"), 404);

  cache_options redirect;
  redirect.site.html = clean_urls::redirect;
  served_site& t = serve(files, redirect);
  EXPECT_EQ(status("/page.html"), 301);
  EXPECT_EQ(location("/page.html?a"), "./page?a");
  EXPECT_EQ(location("/docs/a:b.html"), "./a%3Ab");
  EXPECT_EQ(location("/both.html"), "");
  EXPECT_EQ(location("/index.html"), "./");
  EXPECT_EQ(location("/app/index.html"), "./");
  EXPECT_EQ(location("/app%2Findex.html"), "./app/");
  EXPECT_EQ(body_of(t.get("/page")), "<p>page");
  EXPECT_EQ(body_of(t.get("/x")), "<p>page");
  EXPECT_EQ(body_of(t.get("/")), "<h1>top</h1>");
}

TEST_F(Rules, DamagedRulesAreToldAndTheSiteIsServed) {
  site_image made;
  image_maker m;
  const oid wrong = object_id(hash_kind::sha1, object_type::blob, as_bytes(std::string_view("what was promised")));
  entry_header h{};
  h.type = entry_type::blob;
  h.size = 4;
  m.add_entry(wrong, h, deflated(as_bytes(std::string_view("evil"))));
  made.root = m.add_tree(tree_text().add("100644", "_headers", wrong).add("100644", "a", m.add_blob("a")));
  made.commit = m.add(object_type::commit, commit_text(made.root));
  made.raw = m.image(made.commit);
  served_site s(std::move(made), {});
  EXPECT_EQ(body_of(s.get("/a")), "a");
  EXPECT_EQ(status_of(s.get("/_headers")), 404);
  EXPECT_NE(s.on.console.find("disk 0: _headers: "), std::string::npos);
}

}  // namespace
}  // namespace docteur::cache_vm
