#pragma once
// A site of large files on a platform in memory, and clients that read only as much as the test lets them.

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/served_site.hpp"
#include "support/gunzip.hpp"

namespace docteur::cache_vm {

inline constexpr std::size_t kSize = 3'000'000;
inline constexpr std::size_t kKinds = 4;
inline constexpr std::size_t kFiles = 12;
inline constexpr std::uint64_t kBudget = std::uint64_t{16} << 20;  // bytes of content, without a cache

// Deflated, stored, a delta, and one that is requested in its coded form.
enum kind { plain, stored, delta, coded };

inline std::string text_of(std::size_t i) {
  std::string text = prose(kSize, static_cast<unsigned>(i / kKinds * kKinds));
  if (i % kKinds != plain) text.replace(kSize - 10, 10, "file" + std::to_string(1'000'000 + i).substr(1));
  return text;
}

struct large_site {
  explicit large_site(std::uint64_t memory = std::uint64_t{1} << 30, std::uint64_t cache = 0) {
    on.total_memory = memory;
    image_maker m;
    tree_text top;
    for (std::size_t i = 0; i < kFiles; ++i) {
      texts.push_back(text_of(i));
      oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(texts[i]));
      if (i % kKinds == delta) {
        const oid base = object_id(hash_kind::sha1, object_type::blob, as_bytes(texts[i - delta]));
        const auto text =
            delta_text(kSize, kSize).copy(0, kSize - 10).insert(std::string_view(texts[i]).substr(kSize - 10));
        m.add_ofs_delta(id, base, text.view());
      } else if (i % kKinds == stored) {
        id = m.add(object_type::blob, texts[i], image_maker::form::stored);
      } else {
        id = m.add_blob(texts[i]);
      }
      ids.push_back(id);
      offsets.push_back(m.offset(id));
      top.add("100644", "file" + std::to_string(1000 + i), id);
    }
    const oid root = m.add_tree(top);
    raw = m.image(m.add(object_type::commit, commit_text(root)));
    on.all_disks = {{"0", memory_device(raw)}};
    cache_options options;
    options.cache_bytes = cache;
    machine.emplace(on, std::move(options));
    if (!machine->mount("") || !machine->open_ports()) std::abort();
    http = on.listening.front().service;
  }

  // A client that requests a file and reads at most `window` bytes of the response.
  std::unique_ptr<fake_connection> ask(std::size_t i, std::string_view fields = {}, std::size_t window = 1000) {
    auto c = std::make_unique<fake_connection>();
    c->window = window;
    c->arriving = "GET /file" + std::to_string(1000 + i) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                  (i % kKinds == coded ? "Accept-Encoding: " + coding + "\r\n" : "") + std::string(fields) + "\r\n";
    http->opened(*c);
    http->ready(*c);
    return c;
  }
  void read_to_end(fake_connection& c) {
    while (!c.is_over()) {
      c.window = 100'000;
      c.drain(c.taken);
      http->ready(c);
      work();
    }
  }
  void work() {
    while (machine->work(0)) {
    }
  }
  site& mounted() { return *machine->http().mounted(); }
  std::string content_of(const fake_connection& c) {
    const std::string body = body_of(c.sent);
    if (field_of(c.sent, "Content-Encoding") == "gzip") return gunzip(body, kSize);
    if (field_of(c.sent, "Content-Encoding") != "deflate") return body;
    std::string out(kSize, '\0');
    const mutable_bytes into(reinterpret_cast<std::byte*>(out.data()), out.size());
    const auto n = inflater::make()->inflate(as_bytes(body), into, 0);
    return n && *n == body.size() ? out : "not a zlib stream";
  }

  std::string coding = "deflate";  // that the kind `coded` is requested in
  std::vector<std::string> texts;
  std::vector<oid> ids;
  std::vector<std::uint64_t> offsets;  // in the PACK
  buffer raw;
  fake_platform on;
  std::optional<cache_machine> machine;
  service* http = nullptr;
};

}  // namespace docteur::cache_vm
