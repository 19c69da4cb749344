#include "source/objects/loose_file.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>

namespace docteur {
namespace {

constexpr std::size_t kLongestHeader = 32;                 // "commit", a space, 20 digits, NUL
constexpr std::size_t kReadWhole = std::size_t{16} << 20;  // bytes: what is larger is inflated a piece at a time

// Decimal, without leading zeros.
std::optional<std::uint64_t> parse_size(std::string_view digits) {
  std::uint64_t size = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return size;
}

}  // namespace

object_result<loose_file> loose_file::open(const std::string& objects, const oid& id) {
  const oid_hex hex = to_hex(id);
  std::string path = objects + "/";
  path.append(hex.data(), 2).append("/").append(hex.data() + 2, hex.size() - 2);
  auto opened = pooled_file::open(path);
  if (!opened) return located(std::move(opened.error()), path);
  loose_file file;
  file.from_ = {std::move(*opened), 0, 0};
  file.from_.end = file.from_.file->size();
  if (auto parsed = file.parse_header(); !parsed) return located(std::move(parsed.error()), path);
  return file;
}

object_result<void> loose_file::parse_header() {
  std::array<std::byte, kLongestHeader> front;
  DOCTEUR_TRY(n, inflate_front(from_, front));
  const std::string_view header = as_text(bytes(front).first(n));
  const auto end = header.find('\0');
  const auto space = header.find(' ');
  if (end == std::string_view::npos || space >= end) return damaged("its header is malformed");
  const auto size = parse_size(header.substr(space + 1, end - space - 1));
  if (!size) return damaged("the size in its header is malformed");
  size_ = *size;
  header_size_ = end + 1;
  if (!is_plausible_size(size_, from_.end)) return damaged("its zlib stream cannot have its size");
  for (const object_type known : {object_type::commit, object_type::tree, object_type::blob, object_type::tag}) {
    if (header.substr(0, space) != name(known)) continue;
    type_ = known;
    return {};
  }
  return damaged("its type is unknown");
}

object_result<void> loose_file::read(std::vector<std::byte>& out) const {
  auto done =
      size_ > kReadWhole || from_.end > kReadWhole ? inflate_whole(from_, header_size_, size_, out) : inflate(out);
  if (!done) return located(std::move(done.error()), from_.file->path());
  return {};
}

object_result<void> loose_file::inflate(std::vector<std::byte>& out) const {
  thread_local std::vector<std::byte> input;
  thread_local auto engine = inflater::make();
  if (!engine) return unreadable(ENOMEM);
  input.resize(static_cast<std::size_t>(from_.end));
  DOCTEUR_CHECK(from_.file->read(0, input));
  out.resize(static_cast<std::size_t>(header_size_ + size_));
  const auto taken = engine->inflate(input, out, 0);
  if (!taken) return damaged(taken.error().what);
  if (*taken != input.size()) return damaged("there are bytes after its zlib stream");
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(header_size_));
  return {};
}

object_result<std::unique_ptr<byte_stream>> loose_file::open_stream() const {
  auto stream = open_inflated(from_, header_size_, size_);
  if (!stream) return located(std::move(stream.error()), from_.file->path());
  return stream;
}

object_result<void> collect_loose(const std::string& objects, std::string_view digits, hash_kind kind, id_set& found) {
  namespace fs = std::filesystem;
  const std::string front(digits.substr(0, 2));
  std::error_code error;
  for (fs::directory_iterator it(objects + "/" + front, error), end; !error && it != end; it.increment(error)) {
    const std::string hex = front + it->path().filename().native();
    if (found.size() == kMostPrefixed || !hex.starts_with(digits)) continue;
    if (const auto id = parse_hex(hex, kind)) found.insert(*id);
  }
  if (!error || error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return {};
  return unreadable(error.value());
}

}  // namespace docteur
