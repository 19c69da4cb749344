// gzip that is made of content, beside the loops.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "support/gunzip.hpp"
#include "unikernel-example/application/gzip_maker.hpp"

namespace docteur::cache_vm {
namespace {

std::string tag(const oid& id, const char* suffix = "") { return '"' + hex(id) + suffix + '"'; }
std::string accept(std::string_view codings) { return "Accept-Encoding: " + std::string(codings) + "\r\n"; }

// Deltas, and files of each kind that matters.
struct delta_site {
  site_image made;
  std::string base = prose(20'000, 5), text = base.substr(0, 9'000) + "one more\n" + base.substr(9'000);
  std::string dice = noise(20'000, 6), dicey = dice.substr(0, 9'000) + "one more\n" + dice.substr(9'000);
  std::string few = text.substr(8'800, 500);

  delta_site() {
    image_maker m;
    const oid of_base = m.add_blob(base), of_dice = m.add_blob(dice);
    const auto add = [&m](const std::string& base_text, const oid& base_id, const std::string& of) {
      const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(of));
      m.add_ofs_delta(
          id, base_id,
          delta_text(base_text.size(), of.size()).copy(0, 9'000).insert("one more\n").copy(9'000, 11'000).view());
      return id;
    };
    made.page = add(base, of_base, text);
    const oid random = add(dice, of_dice, dicey);
    const oid small = object_id(hash_kind::sha1, object_type::blob, as_bytes(few));
    m.add_ofs_delta(small, of_base,
                    delta_text(base.size(), few.size()).copy(8'800, 200).insert("one more\n").copy(9'000, 291).view());
    const oid gz = m.add_blob(prose(5'000, 7));
    tree_text top;
    top.add("100644", "a.tgz", gz)
        .add("100644", "few.html", small)
        .add("100644", "page", made.page)
        .add("100644", "page.html", made.page)
        .add("100644", "page.jpg", made.page)
        .add("100644", "random.txt", random);
    for (int i = 0; i < 20; ++i) {
      const std::string other = base.substr(0, 9'000) + "more " + std::to_string(i) + "\n" + base.substr(9'000);
      const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(other));
      const std::string line = "more " + std::to_string(i) + "\n";
      m.add_ofs_delta(id, of_base,
                      delta_text(base.size(), other.size()).copy(0, 9'000).insert(line).copy(9'000, 11'000).view());
      top.add("100644", "zz" + std::to_string(100 + i) + ".txt", id);
    }
    made.commit = m.add(object_type::commit, commit_text(m.add_tree(top)));
    made.raw = m.image(made.commit);
  }
};

TEST(MadeGzip, IsMadeAside) {
  delta_site d;
  served_site s(d.made, {}, /*codes=*/true);
  s.on.runs_aside = true;
  const std::string first = s.get("/page.html", accept("gzip"));
  EXPECT_EQ(body_of(first), d.text);
  EXPECT_EQ(field_of(first, "ETag"), tag(d.made.page));
  EXPECT_EQ(field_of(first, "Vary"), "Accept-Encoding");
  ASSERT_EQ(s.on.aside_tasks.size(), 1u);
  EXPECT_EQ(body_of(s.get("/page.html", accept("gzip"))), d.text);  // not ready, and not made twice
  EXPECT_EQ(s.on.aside_tasks.size(), 1u);
  EXPECT_EQ(s.on.coded, 0u);
  s.on.aside_tasks.front()();
  EXPECT_EQ(s.on.coded, 1u);
  const std::string r = s.get("/page.html", accept("gzip, deflate"));
  const std::string member = body_of(r);
  EXPECT_EQ(gunzip(member, d.text.size()), d.text);
  EXPECT_EQ(field_of(r, "Content-Encoding"), "gzip");
  EXPECT_EQ(field_of(r, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_TRUE(field_of(r, "ETag").starts_with('"' + hex(d.made.page) + "-gzip-"));
  EXPECT_EQ(s.machine->http().counts().made, 1u);
  EXPECT_EQ(s.exchange("HEAD /page.html HTTP/1.1\r\nHost: a\r\n" + accept("gzip") + "\r\n"),
            s.get("/page.html", accept("gzip")).substr(0, r.size() - member.size()));
  EXPECT_EQ(
      body_of(s.get("/page.html", accept("gzip") + "Range: bytes=3-\r\nIf-Range: " + field_of(r, "ETag") + "\r\n")),
      member.substr(3));
  // Who has the plain content keeps it, and others get what they accept.
  EXPECT_EQ(status_of(s.get("/page.html", accept("gzip") + "If-None-Match: " + tag(d.made.page) + "\r\n")), 304);
  EXPECT_EQ(body_of(s.get("/page.html", accept("deflate"))), d.text);
  EXPECT_EQ(body_of(s.get("/page.html", accept("gzip;q=0.5, identity"))), d.text);
  EXPECT_EQ(body_of(s.get("/page.html")), d.text);
  // It goes with the cache, and comes again.
  s.machine->flush();
  EXPECT_EQ(body_of(s.get("/page.html", accept("gzip"))), d.text);
  ASSERT_EQ(s.on.aside_tasks.size(), 2u);
  s.on.aside_tasks.back()();
  EXPECT_EQ(body_of(s.get("/page.html", accept("gzip"))), member);
}

TEST(MadeGzip, IsMadeOfWhatBecomesSmaller) {
  delta_site d;
  served_site s(d.made, {}, /*codes=*/true);
  s.on.runs_aside = true;
  for (const char* path : {"/page.jpg", "/page", "/few.html"}) {
    EXPECT_EQ(field_of(s.get(path, accept("gzip")), "Vary"), "") << path;
    EXPECT_TRUE(s.on.aside_tasks.empty()) << path;
  }
  // Nobody asked for it, or for all of it.
  (void)s.get("/page.html");
  (void)s.get("/page.html", accept("gzip;q=0"));
  (void)s.get("/page.html", accept("gzip;q=0.5, identity"));
  (void)s.get("/page.html", accept("gzip") + "Range: bytes=0-9\r\n");
  (void)s.exchange("HEAD /page.html HTTP/1.1\r\nHost: a\r\n" + accept("gzip") + "\r\n");
  EXPECT_TRUE(s.on.aside_tasks.empty());
  // Content that is not smaller is tried once.
  EXPECT_EQ(body_of(s.get("/random.txt", accept("gzip"))), d.dicey);
  ASSERT_EQ(s.on.aside_tasks.size(), 1u);
  s.on.aside_tasks.back()();
  EXPECT_EQ(body_of(s.get("/random.txt", accept("gzip"))), d.dicey);
  EXPECT_EQ(s.on.aside_tasks.size(), 1u);
  EXPECT_EQ(s.on.coded, 1u);
  // A platform that cannot do it, and a cache that would not keep it.
  served_site bare(d.made, {});
  EXPECT_EQ(field_of(bare.get("/page.html", accept("gzip")), "Vary"), "");
  cache_options none;
  none.cache_bytes = 0;
  served_site without(d.made, none, /*codes=*/true);
  EXPECT_EQ(field_of(without.get("/page.html", accept("gzip")), "Vary"), "");
  EXPECT_EQ(without.on.coded, 0u);
}

TEST(MadeGzip, IsMadeOneAtATime) {
  delta_site d;
  cache_options o;
  o.cache_bytes = 4 << 20;
  served_site s(d.made, o, /*codes=*/true);
  s.on.runs_aside = true;
  const auto path = [](int i) { return "/zz" + std::to_string(100 + i) + ".txt"; };
  for (int i = 0; i < 20; ++i) (void)s.get(path(i), accept("gzip"));
  std::size_t done = 0;
  for (; done < s.on.aside_tasks.size(); ++done) {
    EXPECT_EQ(s.on.aside_tasks.size(), done + 1);
    const auto task = s.on.aside_tasks[done];
    task();
  }
  EXPECT_EQ(done, 1 + gzip_maker::kMostWaiting);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(field_of(s.get(path(i), accept("gzip")), "Content-Encoding"), i < static_cast<int>(done) ? "gzip" : "")
        << i;
}

// The image goes away while its content is coded.
TEST(MadeGzip, OfAReplacedImageIsForgotten) {
  delta_site d;
  served_site s(d.made, {}, /*codes=*/true);
  s.on.runs_aside = true;
  (void)s.get("/page.html", accept("gzip"));
  (void)s.get("/random.txt", accept("gzip"));
  ASSERT_EQ(s.on.aside_tasks.size(), 1u);
  ASSERT_TRUE(s.machine->mount(""));
  s.on.aside_tasks.front()();
  EXPECT_EQ(s.on.aside_tasks.size(), 1u);
  EXPECT_EQ(body_of(s.get("/page.html", accept("gzip"))), d.text);
}

// It is made again for a client from which it was taken away, and is the same.
TEST(MadeGzip, ThatWasMadeIsMadeAgain) {
  site_image made;
  image_maker m;
  tree_text top;
  std::vector<std::string> texts;
  const std::string base = prose(800'000, 1);
  const oid of_base = m.add_blob(base);
  for (int i = 0; i < 12; ++i) {
    const std::string line = "more " + std::to_string(i) + "\n";
    texts.push_back(base.substr(0, 9'000) + line + base.substr(9'000));
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(texts.back()));
    m.add_ofs_delta(
        id, of_base,
        delta_text(base.size(), texts.back().size()).copy(0, 9'000).insert(line).copy(9'000, 791'000).view());
    top.add("100644", "file" + std::to_string(100 + i) + ".txt", id);
  }
  made.commit = m.add(object_type::commit, commit_text(m.add_tree(top)));
  made.raw = m.image(made.commit);
  cache_options o;
  o.cache_bytes = 12 << 20;  // keeps a content of a megabyte
  served_site s(made, o, /*codes=*/true, /*memory=*/64 << 20);
  const auto ask = [&](int i, std::size_t window) {
    auto c = std::make_unique<fake_connection>();
    c->window = window;
    c->arriving = "GET /file" + std::to_string(100 + i) + ".txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                  accept("gzip") + "\r\n";
    s.http->opened(*c);
    s.http->ready(*c);
    return c;
  };
  const auto read_to_end = [&](fake_connection& c) {
    while (!c.is_over()) {
      c.window = 100'000;
      c.drain(c.taken);
      s.http->ready(c);
      while (s.machine->work(0)) {
      }
    }
  };
  (void)ask(0, std::size_t{1} << 30);
  const auto first = ask(0, 1000);
  ASSERT_EQ(field_of(first->sent, "Content-Encoding"), "gzip");
  // Others push it out of the cache, and then out of memory.
  std::vector<std::unique_ptr<fake_connection>> others;
  for (int round = 0; round < 2; ++round)
    for (int i = 1; i < 12; ++i) others.push_back(ask(i, 1000));
  s.machine->flush();
  site& mounted = *s.machine->http().mounted();
  mounted.held().trim(*mounted.shared().live(), 0);
  const std::size_t coded = s.on.coded;
  read_to_end(*first);
  EXPECT_TRUE(first->closed);
  EXPECT_GT(s.on.coded, coded);
  EXPECT_TRUE(gunzip(body_of(first->sent), texts[0].size()) == texts[0]);
  for (const auto& c : others) read_to_end(*c);
  EXPECT_EQ(s.machine->http().counts().faults, 0u);
}

// Browsers do not undo gzip of a gzip file.
TEST(MadeGzip, IsNotMadeOfGzipFiles) {
  delta_site d;
  served_site s(d.made, {});
  EXPECT_EQ(field_of(s.get("/a.tgz", accept("gzip")), "Content-Encoding"), "");
  EXPECT_EQ(field_of(s.get("/a.tgz", accept("gzip, deflate")), "Content-Encoding"), "deflate");
}

}  // namespace
}  // namespace docteur::cache_vm
