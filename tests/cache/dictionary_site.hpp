#pragma once
// A site of three versions, served with dictionaries.

#include <zstd.h>

#include <map>
#include <string>
#include <string_view>

#include "base/base64.hpp"
#include "cache/served_site.hpp"
#include "object/sha256.hpp"
#include "support/made_image.hpp"
#include "support/version_source.hpp"

namespace docteur::cache_vm {

inline constexpr std::string_view kChromium = "Accept-Encoding: gzip, deflate, br, zstd, dcb, dcz\r\n";

inline std::string available(std::string_view dictionary) {
  return "Available-Dictionary: :" + base64_encoded(as_text(sha256_of(as_bytes(dictionary)).view())) + ":\r\n";
}
inline std::string asks_with(std::string_view dictionary) { return std::string(kChromium) + available(dictionary); }

// "wrong head", or what libzstd says.
inline std::string decoded(std::string_view body, std::string_view dictionary, std::size_t size) {
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

}  // namespace docteur::cache_vm
