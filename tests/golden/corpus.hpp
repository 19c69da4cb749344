#pragma once
// A small corpus of pages, sources, programs and noise that is the same wherever it is generated. Compilers differ in
// which operand they evaluate first, so no expression here draws two random numbers.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace docteur {

class golden_corpus {
 public:
  using files = std::map<std::string, std::string>;  // contents by path

  [[nodiscard]] static files make() { return golden_corpus().files_of_all_kinds(); }
  // Streamed by docteur-make: one that deflates in part, and one that does not.
  [[nodiscard]] static files make_large() {
    golden_corpus from;
    files all;
    std::string& mixed = all["mixed"];
    mixed = from.prose(5'000'000);
    mixed += from.noise(300'000);
    mixed += from.prose(4'000'000);
    all["noise"] = from.noise(9'000'000);
    return all;
  }

 private:
  golden_corpus() {
    for (std::string& word : words_)
      for (std::uint32_t n = 2 + roll(9); n > 0; --n) word += static_cast<char>('a' + roll(26));
  }

  std::uint32_t roll(std::uint32_t n) {  // xorshift64*
    state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 0x2545f4914f6cdd1d >> 32) * n >> 32);
  }
  const std::string& word() {
    const std::uint32_t among = roll(static_cast<std::uint32_t>(words_.size()));
    return words_[roll(among + 1)];  // the first ones far more often
  }
  std::string noise(std::size_t size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(roll(256));
    return text;
  }
  std::string line() {
    std::string text;
    for (std::uint32_t n = 4 + roll(12); n > 0; --n) {
      text += word();
      text += roll(14) == 0 ? ", " : " ";
    }
    return text + "\n";
  }
  std::string prose(std::size_t size) {
    std::string text;
    while (text.size() < size) text += line();
    text.resize(size);
    return text;
  }
  std::string program(std::size_t size) {
    std::string text;
    while (text.size() < size) {
      text += static_cast<char>(0x40 | roll(16));
      text += static_cast<char>(0x80 | roll(12));
      for (std::uint32_t n = roll(5); n > 0; --n) text += static_cast<char>(roll(3) == 0 ? roll(256) : 0u);
    }
    text.resize(size);
    return text;
  }

  // Another version: lines replaced, added, removed.
  std::string edited(const std::string& text, std::uint32_t edits) {
    std::string out = text;
    for (; edits > 0; --edits) {
      const std::size_t at = out.find('\n', roll(static_cast<std::uint32_t>(out.size())));
      if (at == std::string::npos) continue;
      const std::size_t end = out.find('\n', at + 1);
      const bool take = roll(3) != 0 && end != std::string::npos;
      out.replace(at + 1, take ? end - at : 0, roll(4) != 0 ? line() : "");
    }
    return out;
  }

  // Each begins like an earlier one.
  void add_versions(files& to, const std::string& prefix, const std::string& suffix, std::size_t count,
                    std::string first) {
    std::vector<std::string> versions{std::move(first)};
    while (versions.size() < count) {
      const std::uint32_t edits = 1 + roll(20);
      versions.push_back(edited(versions[roll(static_cast<std::uint32_t>(versions.size()))], edits));
    }
    for (std::size_t i = 0; i < versions.size(); ++i) to[prefix + std::to_string(i) + suffix] = versions[i];
  }

  files files_of_all_kinds() {
    files all;
    add_versions(all, "html/page", ".html", 60, "<!doctype html>\n" + prose(9'000));
    add_versions(all, "html/deep/er/page", ".html", 40, "<!doctype html>\n" + prose(3'000));
    add_versions(all, "src/file", ".c", 50, prose(20'000));
    add_versions(all, "src/v\xc3\xa9rsion ", "", 12, prose(400));
    for (std::uint32_t i = 0; i < 40; ++i) all["small/" + std::to_string(i)] = line().substr(0, i);
    for (std::uint32_t i = 0; i < 30; ++i) {
      const std::string& name = word();
      all["plain/" + name + std::to_string(i)] = prose(200 + 131 * i);
    }
    const std::string code = program(150'000);
    all["bin/v1"] = code;
    all["bin/v2"] = code.substr(0, 70'000) + program(900) + code.substr(70'400);
    all["bin/v3"] = program(500) + code.substr(20'000);
    all["media/noise"] = noise(70'000);
    all["media/mixed"] = prose(30'000);
    all["media/mixed"] += noise(90'000);
    all["media/mixed"] += prose(50'000);
    all["media/nearly"] = noise(40'000) + std::string(600, 'x');
    all["again/page"] = all.at("html/page7.html");
    all["large/prose"] = prose(700'000);
    all["large/mixed"] = prose(200'000);
    all["large/mixed"] += noise(150'000);
    all["large/mixed"] += program(200'000);
    all["large/noise"] = noise(450'000);
    all["large/near prose"] = edited(all.at("large/prose"), 40);
    return all;
  }

  std::uint64_t state_ = 20201010;
  std::vector<std::string> words_ = std::vector<std::string>(900);
};

}  // namespace docteur
