#include "unikernel-example/application/git_request.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "unikernel-example/application/git_packets.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/markup.hpp"

namespace docteur::cache_vm {
namespace {

using packet = packet_reader::kind;

constexpr std::size_t kShownText = 80;  // bytes of the client's text in an answer

[[nodiscard]] git_parsed malformed() { return {parsed::malformed, {}}; }
[[nodiscard]] git_parsed refused(std::string_view why, std::string_view text) {
  return {parsed::refused, std::string(why) + ": " + terminal_line(text.substr(0, kShownText))};
}

// The text behind `key`, if `line` begins with it.
[[nodiscard]] std::optional<std::string_view> behind(std::string_view line, std::string_view key) noexcept {
  if (!line.starts_with(key)) return std::nullopt;
  return line.substr(key.size());
}

void sort_once(std::vector<oid>& ids) {
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// An argument that both versions have: of the kind "have ID". nullopt: another one.
[[nodiscard]] std::optional<git_parsed> take_common(std::string_view line, hash_kind kind, git_request& out) {
  if (line == "done") {
    out.done = true;
    return git_parsed{};
  }
  if (const auto depth = behind(line, "deepen ")) {
    const auto n = parse_number(*depth);
    if (!n || *n == 0) return refused("invalid deepen", *depth);
    // The longest history that git knows (its INFINITE_DEPTH) is all of it.
    constexpr std::uint64_t infinite = std::numeric_limits<std::int32_t>::max();
    out.depth = *n >= infinite ? git_request::kAll : static_cast<std::uint32_t>(*n);
    return git_parsed{};
  }
  const auto take_id = [&](std::string_view key, std::vector<oid>& to) -> std::optional<git_parsed> {
    const auto hex = behind(line, key);
    if (!hex) return std::nullopt;
    const auto id = parse_hex(*hex, kind);
    if (!id) return refused("not an id of " + std::string(name(kind)), *hex);
    to.push_back(*id);
    return git_parsed{};
  };
  if (auto p = take_id("want ", out.wants)) return p;
  if (auto p = take_id("have ", out.haves)) return p;
  return take_id("shallow ", out.shallows);
}

[[nodiscard]] git_parsed finish_fetch(git_request& out) {
  sort_once(out.wants);
  sort_once(out.shallows);
  if (out.relative && out.depth > 0) out.depth = git_request::kAll;
  return {};
}

[[nodiscard]] git_parsed take_ls_refs(std::string_view line, git_request& out) {
  if (line == "symrefs") {
    out.symrefs = true;
  } else if (line == "peel") {
    out.peel = true;
  } else if (const auto prefix = behind(line, "ref-prefix ")) {
    out.too_many_prefixes = out.prefixes.size() == git_request::kMostPrefixes;
    if (!out.too_many_prefixes) out.prefixes.push_back(*prefix);
  } else if (line != "unborn") {
    return refused("unexpected line", line);
  }
  return {};
}

[[nodiscard]] git_parsed take_fetch(std::string_view line, hash_kind kind, git_request& out) {
  if (auto p = take_common(line, kind, out)) return *p;
  // The PACK is sent as it lies: whole, with its deltas, all tags, and without messages.
  for (const std::string_view known : {"thin-pack", "no-progress", "include-tag", "ofs-delta"})
    if (line == known) return {};
  if (line == "deepen-relative") {
    out.relative = true;
    return {};
  }
  return refused("unexpected line", line);
}

}  // namespace

unsigned git_protocol_version(std::string_view field) noexcept {
  unsigned highest = 0;
  while (!field.empty()) {
    const std::string_view word = trim(take_until(field, ':'));
    if (word == "version=1") highest = std::max(highest, 1u);
    if (word == "version=2") highest = std::max(highest, 2u);
  }
  return highest;
}

git_parsed parse_git_v2(std::string_view body, hash_kind kind, git_request& out) {
  out = {};
  packet_reader packets(body);
  bool has_command = false;
  hash_kind asked = hash_kind::sha1;  // unless the client says so
  packet p = packets.next();
  for (; p == packet::text; p = packets.next()) {
    const std::string_view line = packets.text();
    if (const auto command = behind(line, "command=")) {
      if (has_command) return refused("command after command", *command);
      has_command = true;
      if (*command == "ls-refs") {
        out.what = git_request::command::ls_refs;
      } else if (*command == "fetch") {
        out.what = git_request::command::fetch;
      } else {
        return refused("invalid command", *command);
      }
    } else if (const auto format = behind(line, "object-format=")) {
      if (*format == name(hash_kind::sha256)) {
        asked = hash_kind::sha256;
      } else if (*format != name(hash_kind::sha1)) {
        return refused("unknown object format", *format);
      }
    } else if (!line.starts_with("agent=") && !line.starts_with("session-id=")) {
      return refused("unknown capability", line);
    }
  }
  if (p != packet::delimiter && p != packet::flush) return malformed();
  if (!has_command) return refused("no command requested", "");
  if (asked != kind)
    return refused("mismatched object format: the image is of " + std::string(name(kind)) + ", the client of",
                   name(asked));
  if (p == packet::delimiter) {
    for (p = packets.next(); p == packet::text; p = packets.next()) {
      const bool lists = out.what == git_request::command::ls_refs;
      git_parsed taken = lists ? take_ls_refs(packets.text(), out) : take_fetch(packets.text(), kind, out);
      if (taken.how != parsed::good) return taken;
    }
    if (p != packet::flush) return malformed();
  }
  return out.what == git_request::command::fetch ? finish_fetch(out) : git_parsed{};
}

git_parsed parse_git_v0(std::string_view body, hash_kind kind, git_request& out) {
  out = {};
  packet_reader packets(body);
  packet p = packets.next();
  for (bool first = true; p == packet::text; p = packets.next(), first = false) {
    std::string_view line = packets.text();
    if (first && line.starts_with("want ")) {
      const std::size_t end = std::min(line.find(' ', 5), line.size());
      for (std::string_view words = line.substr(end); !words.empty();) {
        const std::string_view word = take_until(words, ' ');
        if (word == "side-band-64k") out.side_band = true;
        if (word == "multi_ack_detailed") out.multi_ack_detailed = true;
        if (word == "deepen-relative") out.relative = true;
        if (word == "no-done") out.no_done = true;
        if (const auto format = behind(word, "object-format="); format && *format != name(kind))
          return refused("mismatched object format: the image is of " + std::string(name(kind)) + ", the client of",
                         *format);
      }
      line = line.substr(0, end);
    }
    const auto taken = take_common(line, kind, out);
    if (!taken || out.done || !out.haves.empty()) return refused("unexpected line", line);
    if (taken->how != parsed::good) return *taken;
  }
  if (p != packet::flush) return malformed();
  // What the client has, in parts that end with a flush.
  while (!out.done) {
    p = packets.next();
    if (p == packet::end) break;
    if (p == packet::flush) continue;
    if (p != packet::text) return malformed();
    const std::string_view line = packets.text();
    if (!line.starts_with("have ") && line != "done") return refused("unexpected line", line);
    const auto taken = take_common(line, kind, out);
    if (taken->how != parsed::good) return *taken;
  }
  return finish_fetch(out);
}

}  // namespace docteur::cache_vm
