// The server's own pages: the clients that may see them, and their ports.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"

namespace docteur::cache_vm {
namespace {

TEST(Http, NoImageIs503) {
  served_site s;
  s.machine->unmount();
  const std::string response = s.get("/ten.txt");
  EXPECT_EQ(status_of(response), 503);
  EXPECT_EQ(field_of(response, "Retry-After"), "5");
  EXPECT_EQ(status_of(s.exchange("GET /.docteur/status HTTP/1.0\r\n\r\n")), 200);
}

TEST(Http, OwnPages) {
  cache_options o;
  o.site.hosts = {"a"};
  served_site s(o);
  (void)s.get("/ten.txt");
  const std::string status = body_of(s.get("/.docteur/status"));
  EXPECT_NE(status.find("\"commit\":\"" + hex(s.image.commit) + "\""), std::string::npos);
  EXPECT_NE(status.find("\"statuses\":{\"200\":1}"), std::string::npos) << status;
  const std::string metrics = body_of(s.get("/.docteur/metrics"));
  EXPECT_NE(metrics.find("\ndocteur_responses_total{status=\"200\"} 2\n"), std::string::npos);
  EXPECT_EQ(field_of(s.get("/.docteur"), "Location"), ".docteur/");
  EXPECT_EQ(status_of(s.get("/.docteur/")), 200);
  EXPECT_EQ(status_of(s.get("/.docteur/nothing")), 404);
}

// A page of a domain's owner may read whatever that name leads to, and the owner can make it lead to this server.
TEST(Http, OwnPagesAreForOwnNamesOnly) {
  cache_options o;
  o.site.hosts = {"own.example", "a"};
  served_site s(o);
  const auto ask = [&s](const std::string& target, const std::string& host) {
    return status_of(s.exchange("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
  };
  for (const char* host : {"own.example", "OWN.example:8080", "own.example.", "a", "127.0.0.1", "127.0.0.1:80",
                           "[::1]:80", "localhost", "localhost:80", "LOCALHOST.", "b.localhost", ""})
    EXPECT_EQ(ask("/.docteur/status", host), 200) << host;
  for (const char* host : {"evil.example", "own.example.evil.example", "not-own.example", "xown.example",
                           "notlocalhost", "127.0.0.1.evil.example", "1.2.3", "2130706433", "0x7f.0.0.1", "."})
    for (const char* target :
         {"/.docteur", "/.docteur/", "/.docteur/status", "/.docteur/metrics", "/%2edocteur%2Fstatus"})
      EXPECT_EQ(ask(target, host), 421) << host << target;
  // The authority of the target counts, not Host (RFC 9112, section 3.2.2).
  EXPECT_EQ(ask("http://evil.example/.docteur/status", "a"), 421);
  EXPECT_EQ(ask("http://a/.docteur/status", "evil.example"), 200);
  EXPECT_EQ(ask("/ten.txt", "evil.example"), 200);
}

TEST(Http, WhatIsTurnedOffIsTheImages) {
  cache_options o;
  o.status = false;
  o.site.objects = false;
  served_site s(o);
  for (const char* path : {"/.docteur", "/.docteur/", "/.docteur/status", "/.docteur/metrics", "/@oid/"})
    EXPECT_EQ(status_of(s.get(path)), 404) << path;
  EXPECT_EQ(status_of(s.get("/@oid/" + hex(s.image.ten))), 404);
  EXPECT_EQ(status_of(s.get("/ten.txt")), 200);

  site_image made;
  image_maker m;
  made.ten = m.add_blob(kTen);
  const oid folder = m.add_tree(tree_text().add("100644", "status", made.ten));
  made.commit =
      m.add(object_type::commit,
            commit_text(m.add_tree(tree_text().add("40000", ".docteur", folder).add("40000", "@oid", folder))));
  made.raw = m.image(made.commit);
  served_site own(std::move(made), o);
  EXPECT_EQ(body_of(own.get("/.docteur/status")), kTen);
  EXPECT_EQ(body_of(own.get("/@oid/status")), kTen);
}

TEST(Http, StatusOnAPortOfItsOwn) {
  cache_options o;
  o.status_at = endpoint{"127.0.0.1", 9090};
  served_site s(o);
  ASSERT_EQ(s.on.listening.size(), 2u);
  const auto ask_at = [&s](std::size_t port, std::string_view target) {
    s.http = s.on.listening[port].service;
    return status_of(s.exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  };
  const std::size_t site = s.on.listening[0].port == 9090 ? 1 : 0;
  EXPECT_EQ(ask_at(site, "/ten.txt"), 200);
  EXPECT_EQ(ask_at(site, "/.docteur/status"), 404);
  EXPECT_EQ(ask_at(1 - site, "/.docteur/"), 200);
  EXPECT_EQ(ask_at(1 - site, "/.docteur/status"), 200);
  for (const char* path : {"/", "/ten.txt", "/nothing"}) EXPECT_EQ(ask_at(1 - site, path), 404) << path;
  EXPECT_EQ(ask_at(1 - site, "/@oid/" + hex(s.image.ten)), 404);
  EXPECT_EQ(s.machine->http().counts().active, 0u);
}

}  // namespace
}  // namespace docteur::cache_vm
