#pragma once
// A small site served by the application on a platform in memory.

#include <string>
#include <string_view>

#include "cache/fake_platform.hpp"
#include "support/image_maker.hpp"
#include "unikernel-example/application/cache_machine.hpp"

namespace docteur::cache_vm {

inline const std::string kTen = "0123456789";
inline const std::string kPage = prose(20'000, 1);
inline const std::string kLarge = prose(700'000, 2);  // too large to be built whole with little memory
inline constexpr std::string_view kModified = "Sun, 13 Sep 2020 12:26:41 GMT";

struct site_image {
  buffer raw;
  oid commit, root, ten, page, large, damaged, damaged_large;
};

// `first`: the text of index.html. The content of damaged.txt and damaged-large.txt does not match their ids.
inline site_image make_site(std::string_view first = "<h1>first</h1>", bool own_404 = false) {
  site_image s;
  image_maker m;
  s.ten = m.add_blob(kTen);
  s.page = m.add_blob(kPage);
  s.large = m.add_blob(kLarge);
  const auto add_wrong = [&m](std::string_view promised, std::string content) {
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(promised));
    entry_header h{};
    h.type = entry_type::blob;
    h.size = content.size();
    m.add_entry(id, h, deflated(as_bytes(content)));
    return id;
  };
  s.damaged = add_wrong("what was promised", prose(5'000, 3));
  s.damaged_large = add_wrong("much was promised", prose(600'000, 4));
  const oid empty = m.add_blob("");
  const oid docs_index = m.add_blob("<p>docs");
  const oid in_sub = m.add_tree(tree_text().add("100644", "a b&c.txt", s.ten));
  const oid docs = m.add_tree(tree_text().add("100644", "index.html", docs_index).add("40000", "sub", in_sub));
  const oid not_found = m.add_blob("<p>our own");
  tree_text top;
  if (own_404) top.add("100644", "404.html", not_found);
  top.add("120000", "away", m.add_blob("../etc/passwd"))
      .add("100644", "damaged-large.txt", s.damaged_large)
      .add("100644", "damaged.txt", s.damaged)
      .add("120000", "dl", m.add_blob("docs"))
      .add("40000", "docs", docs)
      .add("100644", "empty", empty)
      .add("100644", "index.html", m.add_blob(first))
      .add("100644", "large.txt", s.large)
      .add("120000", "link", m.add_blob("ten.txt"))
      .add("120000", "loop", m.add_blob("loop"))
      .add("160000", "module", s.ten)
      .add("100644", "page.html", s.page)
      .add("100755", "ten.txt", s.ten)
      .add("100644", "\xc3\xa9.txt", s.ten);
  s.root = m.add_tree(top);
  s.commit = m.add(object_type::commit, commit_text(s.root));
  s.raw = m.image(s.commit);
  return s;
}

class served_site {
 public:
  explicit served_site(cache_options options = {}, bool own_404 = false)
      : served_site(make_site("<h1>first</h1>", own_404), std::move(options)) {}
  served_site(site_image what, cache_options options, bool codes = false, std::uint64_t memory = 8 << 20)
      : image(std::move(what)) {
    on.total_memory = memory;
    on.codes = codes;
    on.all_disks = {{"0", memory_device(image.raw)}};
    machine.emplace(on, std::move(options));
    if (!machine->mount("") || !machine->open_ports()) std::abort();
    http = on.listening.front().service;
  }

  // The response to `request`, after which the client ends its input.
  std::string exchange(std::string_view request) {
    fake_connection c;
    c.arriving = request;
    c.ended = true;
    http->opened(c);
    http->ready(c);
    if (!c.is_over()) std::abort();
    aborted = c.aborted;
    return c.sent;
  }
  std::string get(std::string_view path, std::string_view fields = {}) {
    return exchange("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  }
  void pass(std::uint64_t seconds) {
    on.now_ns += seconds * 1'000'000'000;
    machine->tick(0);
  }

  site_image image;
  fake_platform on;
  std::optional<cache_machine> machine;
  service* http = nullptr;
  bool aborted = false;
};

[[nodiscard]] inline int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::stoi(std::string(response.substr(9, 3)));
}
[[nodiscard]] inline std::string field_of(std::string_view response, std::string_view name) {
  const std::string_view head = response.substr(0, response.find("\r\n\r\n") + 2);
  const std::string key = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(key);
  if (at == std::string_view::npos) return "";
  const std::string_view value = head.substr(at + key.size());
  return std::string(value.substr(0, value.find("\r\n")));
}
[[nodiscard]] inline std::string body_of(std::string_view response) {
  const std::size_t at = response.find("\r\n\r\n");
  return at == std::string_view::npos ? "" : std::string(response.substr(at + 4));
}

}  // namespace docteur::cache_vm
