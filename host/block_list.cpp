#include "host/block_list.hpp"

#include <charconv>
#include <optional>

#include "base/oid_text.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::string_view kFirstLine = "docteur block list 1";
constexpr std::string_view kImage = "image ";

// Takes the text up to `end` or, without one, all of it.
std::string_view take(std::string_view& text, char end) {
  const auto at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

// Decimal digits as std::to_string() writes them.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || std::to_string(n) != text) return std::nullopt;
  return n;
}

std::optional<oid> id(std::string_view text) {
  const auto parsed = parse_hex(text, text.size() == 64 ? hash_kind::sha256 : hash_kind::sha1);
  return parsed ? std::optional<oid>(*parsed) : std::nullopt;
}

std::optional<listed_image> image_line(std::string_view line) {
  if (!line.starts_with(kImage)) return std::nullopt;
  line.remove_prefix(kImage.size());
  const auto commit = id(take(line, ' '));
  const auto pack = id(take(line, ' '));
  const auto size = number(line);
  if (!commit || !pack || !size || commit->kind() != pack->kind()) return std::nullopt;
  return listed_image{*commit, *pack, *size};
}

// "FIRST" or "FIRST-LAST", of an image of `count` blocks.
std::optional<block_run> run_line(std::string_view line, std::uint64_t count) {
  const auto dash = line.find('-');
  const auto first = number(line.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(line.substr(dash + 1));
  if (!first || !last || *last >= count || (dash != std::string_view::npos && *last <= *first)) return std::nullopt;
  return block_run{*first, *last - *first + 1};
}

}  // namespace

result<listed_image> listed_image_of(const image& attached) {
  DOCTEUR_TRY(pack, attached.index().pack_checksum());
  return listed_image{attached.commit_id(), pack, attached.disk().size};
}

std::string block_list_text(const block_list& list) {
  std::string text(kFirstLine);
  text += "\n" + std::string(kImage) + hex_text(list.of.commit) + " " + hex_text(list.of.pack) + " " +
          std::to_string(list.of.size) + "\n";
  for (const block_run& run : list.blocks) {
    text += std::to_string(run.first);
    if (run.count > 1) text += "-" + std::to_string(run.first + run.count - 1);
    text += '\n';
  }
  return text;
}

outcome<block_list> parse_block_list(std::string_view text, const std::string& shown) {
  std::uint64_t line_number = 1;
  const auto refuse = [&](const char* why) {
    return give_up(blame::input, shown + ":" + std::to_string(line_number) + ": " + why);
  };
  if (take(text, '\n') != kFirstLine) return refuse("not a list of blocks");
  ++line_number;
  const auto of = image_line(take(text, '\n'));
  if (!of) return refuse("expected the image that the list is of");
  block_list list{*of, {}};
  const std::uint64_t count = all_blocks(of->size).front().count;
  while (!text.empty()) {
    ++line_number;
    const auto run = run_line(take(text, '\n'), count);
    if (!run) return refuse("not blocks of the image");
    list.blocks.push_back(*run);
  }
  return list;
}

}  // namespace docteur
