// Coded representations: gzip of streams of the PACK, and files beside; which of them a request gets.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "support/gunzip.hpp"
#include "unikernel-example/application/gzip_maker.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kHead = 10, kTail = 8;  // bytes of a gzip member

std::string tag(const oid& id, const char* suffix = "") { return '"' + hex(id) + suffix + '"'; }
std::string accept(std::string_view codings) { return "Accept-Encoding: " + std::string(codings) + "\r\n"; }

TEST(Codings, Weights) {
  using enum coding;
  struct weight_case {
    std::optional<std::string_view> field;
    std::vector<coding> accepted;  // heaviest first
  };
  for (const weight_case& c : std::vector<weight_case>{
           {std::nullopt, {identity}},
           {"", {identity}},
           {"gzip", {gzip, identity}},
           {"GZIP", {gzip, identity}},
           {"x-gzip", {gzip, identity}},
           {"gzip;q=0.5, br;q=1.0", {br, gzip, identity}},
           {" br ; q=0.001 ,\tzstd;Q=0.01", {zstd, br, identity}},
           {"gzip;q=0", {identity}},
           {"gzip;q=0.000", {identity}},
           {"deflate, gzip;q=0, identity;q=0.5", {deflate, identity}},
           {"identity;q=0", {}},
           {"*;q=0", {}},
           {"*;q=0, identity;q=0.1", {identity}},
           {"gzip, *;q=0", {gzip}},
           {"gzip, identity;q=0", {gzip}},
           {"gzip;q=0.9, *;q=0.5, br;q=0.4, deflate;q=0, zstd;q=0.3", {gzip, identity, br, zstd}},
           {"gzip;q=2, br", {br, identity}},
           {"gzip;q=0.1234, br", {br, identity}},
           {"gzip;q=, br", {br, identity}},
           {"gzip;q=-1, br", {br, identity}},
           {"gzip;q=a", {identity}},
           {"gzip;level=9;q=0.1, br", {br, gzip, identity}},
           {",,;,gzip,;q=1", {gzip, identity}},
           {"gzipped, compress", {identity}},
           {"gzip;q=0, gzip", {gzip, identity}},
       }) {
    const accepted_codings accepted(c.field);
    std::vector<coding> got;
    for (const coding form : {identity, deflate, gzip, br, zstd})
      if (accepted.weight(form) > 0) got.push_back(form);
    std::ranges::stable_sort(got, std::greater{}, [&](coding form) { return accepted.weight(form); });
    EXPECT_EQ(got, c.accepted) << c.field.value_or("(none)");
  }
}

TEST(Codings, GzipOfAStreamOfThePack) {
  served_site s;
  const std::string zlib = body_of(s.get("/page.html", accept("deflate")));
  const std::string r = s.get("/page.html", accept("gzip"));
  const std::string body = body_of(r);
  EXPECT_EQ(gunzip(body, kPage.size()), kPage);
  // The same blocks, and no more bytes than a member needs.
  EXPECT_EQ(body.substr(kHead, body.size() - kHead - kTail), zlib.substr(2, zlib.size() - 6));
  EXPECT_EQ(field_of(r, "Content-Encoding"), "gzip");
  EXPECT_EQ(field_of(r, "Content-Length"), std::to_string(body.size()));
  EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding");
  EXPECT_TRUE(field_of(r, "ETag").starts_with('"' + hex(s.image.page) + "-gzip-"));
  EXPECT_EQ(s.exchange("HEAD /page.html HTTP/1.1\r\nHost: a\r\n" + accept("gzip") + "\r\n"),
            r.substr(0, r.size() - body.size()));
  EXPECT_EQ(body_of(s.get("/@oid/" + hex(s.image.page), accept("gzip"))), body);
  // A client of HTTP/1.0 that asks for it gets it.
  EXPECT_EQ(body_of(s.exchange("GET /page.html HTTP/1.0\r\n" + accept("x-gzip") + "\r\n")), body);
  EXPECT_EQ(s.machine->http().counts().gzipped, 4u);
  EXPECT_EQ(s.machine->http().counts().deflated, 1u);
  // Nothing is gained for little, and what is damaged is not sent coded either.
  EXPECT_EQ(field_of(s.get("/ten.txt", accept("gzip")), "Content-Encoding"), "");
  EXPECT_EQ(status_of(s.get("/damaged.txt", accept("gzip"))), 500);
  EXPECT_EQ(status_of(s.get("/damaged.txt", accept("gzip, deflate, identity;q=0"))), 500);
  // What is too large to be built whole is sent plain.
  EXPECT_EQ(body_of(s.get("/large.txt", accept("gzip"))), kLarge);
}

TEST(Codings, WhatIsChosen) {
  served_site s;
  struct choice {
    std::string_view accepted;
    std::string_view coding;
  };
  for (const choice& c : std::vector<choice>{
           {"gzip, deflate", "gzip"},
           {"deflate, gzip", "gzip"},  // some programs take deflate for blocks without zlib's head
           {"gzip, deflate, br, zstd", "gzip"},
           {"gzip;q=0.5, deflate", "deflate"},
           {"gzip;q=0.5, deflate;q=0.4, identity;q=0.6", ""},
           {"gzip, identity", "gzip"},
           {"deflate, identity", "deflate"},
           {"*", "gzip"},
           {"gzip;q=0, *", "deflate"},
           {"br", ""},
           {"identity", ""},
           {"gzip;q=0", ""},
           {"identity;q=0, deflate;q=0.001", "deflate"},
           {"identity;q=0", ""},  // nothing is acceptable
           {"*;q=0", ""},
       }) {
    const std::string r = s.get("/page.html", accept(c.accepted));
    EXPECT_EQ(status_of(r), 200) << c.accepted;
    EXPECT_EQ(field_of(r, "Content-Encoding"), c.coding) << c.accepted;
    EXPECT_EQ(field_of(r, "Vary"), "Accept-Encoding") << c.accepted;
  }
}

TEST(Codings, ConditionsOnEachTag) {
  served_site s;
  const std::string all = accept("gzip, deflate");
  const std::string gzip = field_of(s.get("/page.html", accept("gzip")), "ETag");
  const std::string zlib = field_of(s.get("/page.html", accept("deflate")), "ETag");
  const std::string plain = tag(s.image.page);
  const std::string member = body_of(s.get("/page.html", accept("gzip")));
  const std::string stream = body_of(s.get("/page.html", accept("deflate")));
  struct tag_case {
    std::string tag, coding, body;
  };
  for (const tag_case& c : {tag_case{gzip, "gzip", member}, {zlib, "deflate", stream}, {plain, "", kPage}}) {
    // What the client has is not sent again.
    const std::string same = s.get("/page.html", all + "If-None-Match: \"a\", W/" + c.tag + "\r\n");
    EXPECT_EQ(status_of(same), 304) << c.tag;
    EXPECT_EQ(field_of(same, "ETag"), c.tag);
    EXPECT_EQ(field_of(same, "Vary"), "Accept-Encoding");
    const std::string match = s.get("/page.html", all + "If-Match: " + c.tag + "\r\n");
    EXPECT_TRUE(body_of(match) == c.body) << c.tag;
    EXPECT_EQ(field_of(match, "Content-Encoding"), c.coding);
    for (const char* field : {"If-Range: ", "If-Match: "}) {
      for (const std::size_t from : {std::size_t{0}, std::size_t{5}, c.body.size() - 9, c.body.size() - 1}) {
        const std::string range = "Range: bytes=" + std::to_string(from) + "-\r\n";
        const std::string part = s.get("/page.html", all + range + field + c.tag + "\r\n");
        EXPECT_EQ(status_of(part), 206) << c.tag << from;
        EXPECT_EQ(field_of(part, "ETag"), c.tag);
        EXPECT_EQ(field_of(part, "Content-Encoding"), c.coding);
        EXPECT_EQ(field_of(part, "Content-Range"), "bytes " + std::to_string(from) + "-" +
                                                       std::to_string(c.body.size() - 1) + "/" +
                                                       std::to_string(c.body.size()));
        EXPECT_TRUE(body_of(part) == c.body.substr(from)) << c.tag << from;
      }
    }
    EXPECT_EQ(status_of(s.get("/page.html", all + "Range: bytes=" + std::to_string(c.body.size()) +
                                                "-\r\nIf-Range: " + c.tag + "\r\n")),
              416);
  }
  // A client cannot have what it does not accept.
  EXPECT_EQ(status_of(s.get("/page.html", accept("deflate") + "If-Match: " + gzip + "\r\n")), 412);
  EXPECT_EQ(status_of(s.get("/page.html", accept("deflate") + "If-None-Match: " + gzip + "\r\n")), 200);
  EXPECT_TRUE(body_of(s.get("/page.html", accept("deflate") + "Range: bytes=0-1\r\nIf-Range: " + gzip + "\r\n")) ==
              stream);
  // A Range without a tag means the plain content, unless that is excluded.
  EXPECT_EQ(body_of(s.get("/page.html", all + "Range: bytes=0-9\r\n")), kPage.substr(0, 10));
  EXPECT_EQ(body_of(s.get("/page.html", accept("gzip, identity;q=0") + "Range: bytes=0-9\r\n")), member.substr(0, 10));
}

// The same blob in two images is deflated differently: parts of one must not be put behind parts of the other.
TEST(Codings, TagsOfTwoStreamsDiffer) {
  const auto site_with = [](int level) {
    site_image made;
    image_maker m;
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(kPage));
    entry_header h{};
    h.type = entry_type::blob;
    h.size = kPage.size();
    m.add_entry(id, h, deflated(as_bytes(kPage), level));
    made.commit = m.add(object_type::commit, commit_text(m.add_tree(tree_text().add("100644", "page.html", id))));
    made.raw = m.image(made.commit);
    return made;
  };
  served_site a(site_with(1), {}), b(site_with(9), {});
  for (const char* form : {"gzip", "deflate"}) {
    const std::string first = a.get("/page.html", accept(form)), second = b.get("/page.html", accept(form));
    ASSERT_NE(body_of(first), body_of(second));
    EXPECT_NE(field_of(first, "ETag"), field_of(second, "ETag"));
    const std::string resumed =
        b.get("/page.html", accept(form) + "Range: bytes=100-\r\nIf-Range: " + field_of(first, "ETag") + "\r\n");
    EXPECT_EQ(status_of(resumed), 200);
    EXPECT_EQ(body_of(resumed), body_of(second));
  }
  EXPECT_EQ(field_of(a.get("/page.html"), "ETag"), field_of(b.get("/page.html"), "ETag"));
}

struct beside_site {
  site_image made;
  std::string br = noise(300, 1), zst = noise(400, 2), gz = noise(50, 3);
  oid of_br, of_zst, of_gz;

  beside_site() {
    image_maker m;
    made.page = m.add_blob(kPage);
    of_br = m.add_blob(br);
    of_zst = m.add_blob(zst);
    of_gz = m.add_blob(gz);
    const oid link = m.add_blob("page.html.br"), nowhere = m.add_blob("nowhere"), empty = m.add_blob("");
    const oid folder = m.add_tree(tree_text().add("100644", "a", made.page));
    const oid in_docs =
        m.add_tree(tree_text().add("100644", "index.html", made.page).add("100644", "index.html.br", of_br));
    made.commit = m.add(object_type::commit, commit_text(m.add_tree(tree_text()
                                                                        .add("40000", "docs", in_docs)
                                                                        .add("100644", "linked.css", made.page)
                                                                        .add("120000", "linked.css.br", link)
                                                                        .add("120000", "linked.css.zst", nowhere)
                                                                        .add("100644", "odd.html", made.page)
                                                                        .add("40000", "odd.html.br", folder)
                                                                        .add("100644", "odd.html.gz", empty)
                                                                        .add("160000", "odd.html.zst", made.page)
                                                                        .add("100644", "page.html", made.page)
                                                                        .add("100644", "page.html.br", of_br)
                                                                        .add("100644", "page.html.gz", of_gz)
                                                                        .add("100644", "page.html.zst", of_zst))));
    made.raw = m.image(made.commit);
  }
};

TEST(Codings, FilesBeside) {
  beside_site b;
  cache_options o;
  o.site.beside = true;
  served_site s(b.made, o);
  struct beside_case {
    std::string path;
    std::string_view accepted, coding;
    std::string body, tag, type;
  };
  const std::string html = "text/html; charset=utf-8";
  for (const beside_case& c : std::vector<beside_case>{
           {"/page.html", "br", "br", b.br, tag(b.of_br, "-br"), html},
           {"/page.html", "zstd", "zstd", b.zst, tag(b.of_zst, "-zstd"), html},
           {"/page.html", "gzip", "gzip", b.gz, tag(b.of_gz, "-gzip"), html},  // smaller than that of the PACK
           {"/page.html", "gzip, deflate, br, zstd", "gzip", b.gz, tag(b.of_gz, "-gzip"), html},  // the smallest
           {"/page.html", "br, zstd", "br", b.br, tag(b.of_br, "-br"), html},
           {"/page.html", "br;q=0.9, zstd", "zstd", b.zst, tag(b.of_zst, "-zstd"), html},
           {"/page.html", "br, identity;q=0", "br", b.br, tag(b.of_br, "-br"), html},
           {"/page.html", "identity", "", kPage, tag(b.made.page), html},
           {"/page.html.br", "identity", "", b.br, tag(b.of_br), "application/x-brotli"},
           {"/docs/", "br", "br", b.br, tag(b.of_br, "-br"), html},
           {"/docs/index.html", "br", "br", b.br, tag(b.of_br, "-br"), html},
           {"/linked.css", "br, zstd", "br", b.br, tag(b.of_br, "-br"), "text/css; charset=utf-8"},
           {"/odd.html", "br, zstd", "", kPage, tag(b.made.page), html},
           {"/@oid/" + hex(b.made.page), "br", "", kPage, tag(b.made.page), "application/octet-stream"},
       }) {
    const std::string r = s.get(c.path, accept(c.accepted));
    EXPECT_EQ(status_of(r), 200) << c.path << c.accepted;
    EXPECT_EQ(field_of(r, "Content-Encoding"), c.coding) << c.path << c.accepted;
    EXPECT_EQ(field_of(r, "ETag"), c.tag) << c.path << c.accepted;
    EXPECT_EQ(field_of(r, "Content-Type"), c.type) << c.path << c.accepted;
    EXPECT_EQ(field_of(r, "Vary"), c.path.ends_with(".br") ? "" : "Accept-Encoding") << c.path << c.accepted;
    EXPECT_TRUE(body_of(r) == c.body) << c.path << c.accepted;
    const std::string head = s.exchange("HEAD " + c.path + " HTTP/1.1\r\nHost: a\r\n" + accept(c.accepted) + "\r\n");
    EXPECT_EQ(head, r.substr(0, r.size() - c.body.size())) << c.path << c.accepted;
    const std::string fields = accept(c.accepted) + "If-None-Match: " + c.tag + "\r\n";
    EXPECT_EQ(status_of(s.get(c.path, fields)), 304) << c.path << c.accepted;
    const std::string part = s.get(c.path, accept(c.accepted) + "Range: bytes=7-19\r\nIf-Range: " + c.tag + "\r\n");
    EXPECT_EQ(status_of(part), 206) << c.path << c.accepted;
    EXPECT_EQ(field_of(part, "Content-Encoding"), c.coding) << c.path << c.accepted;
    EXPECT_EQ(body_of(part), c.body.substr(7, 13)) << c.path << c.accepted;
  }
  EXPECT_EQ(s.machine->http().counts().beside, 20u);
  EXPECT_EQ(gunzip(body_of(s.get("/odd.html", accept("gzip"))), kPage.size()),
            kPage);  // of the PACK, not an empty file
  // A Range without a tag means the plain content.
  EXPECT_EQ(body_of(s.get("/page.html", accept("br") + "Range: bytes=0-9\r\n")), kPage.substr(0, 10));
  // Off unless it is asked for.
  served_site off(b.made, {});
  EXPECT_EQ(field_of(off.get("/page.html", accept("br, zstd")), "Content-Encoding"), "");
}

TEST(Codings, TypesThatBecomeSmaller) {
  for (const char* type : {"text/html", "text/css", "image/svg+xml", "application/json", "application/ld+json",
                           "application/wasm", "font/ttf", "application/javascript"})
    EXPECT_TRUE(is_compressible(type)) << type;
  for (const char* type : {"image/png", "application/octet-stream", "font/woff2", "application/gzip", "video/mp4", ""})
    EXPECT_FALSE(is_compressible(type)) << type;
}

}  // namespace
}  // namespace docteur::cache_vm
