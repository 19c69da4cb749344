#include "source/repository/references.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/absence.hpp"
#include "base/hex_digits.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/objects/regular_file.hpp"
#include "source/repository/packed_references.hpp"
#include "source/repository/reference_rules.hpp"

namespace docteur {
namespace {

constexpr unsigned kMostReads = 5;                                 // git's SYMREF_MAXDEPTH
constexpr std::size_t kMostLooseReference = std::size_t{1} << 24;  // FETCH_HEAD has a line for each reference
constexpr std::size_t kPiece = 256 * 1024;                         // bytes per read()
constexpr std::string_view kSpace = " \t\n\v\f\r";

tl::unexpected<failure> failed(std::string_view name, const object_fault& why) {
  return give_up(why.who, printable(name) + ": " + why.why);
}
tl::unexpected<failure> failed(std::string_view name, int error) { return failed(name, unreadable(error).value()); }

// A name too long for a file is not there.
bool is_no_reference(int error) { return is_absence(error) || error == ENAMETOOLONG; }

// Parses the content of a loose reference as git's parse_loose_ref_contents() does.
std::optional<reference_value> parse_loose(std::string_view text, hash_kind kind) {
  constexpr std::string_view kSymbolic = "ref:";
  text = text.substr(0, text.find_last_not_of(kSpace) + 1);
  if (text.starts_with(kSymbolic)) {
    text.remove_prefix(kSymbolic.size());
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    return reference_value{std::nullopt, std::string(text)};
  }
  const auto id = leading_id(text, kind);
  if (!id || (text.size() > hex_size(kind) && kSpace.find(text[hex_size(kind)]) == std::string_view::npos))
    return std::nullopt;
  return reference_value{id, {}};
}

class files final : public references {
 public:
  files(std::string folder, std::string common_folder, hash_kind kind)
      : folder_(std::move(folder)), common_(std::move(common_folder)), kind_(kind) {}

  // Loose references first: git packs a reference before it removes the loose file.
  outcome<std::vector<std::optional<reference_value>>> read(std::span<const std::string> names) const override {
    std::vector<std::optional<reference_value>> values(names.size());
    std::vector<std::string> rest;
    for (std::size_t i = 0; i < names.size(); ++i) {
      DOCTEUR_TRY(value, read_loose(names[i]));
      values[i] = std::move(value);
      if (!values[i] && names[i].starts_with("refs/")) rest.push_back(names[i]);
    }
    if (rest.empty()) return values;
    DOCTEUR_TRY(ids, read_packed(rest));
    std::size_t next = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (values[i] || next == rest.size() || names[i] != rest[next]) continue;
      if (ids[next]) values[i] = reference_value{ids[next], {}};
      ++next;
    }
    return values;
  }

 private:
  outcome<std::optional<reference_value>> read_loose(const std::string& name) const {
    const std::string path = (is_of_worktree(name) ? folder_ : common_) + "/" + name;
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) {
      if (is_no_reference(errno)) return std::nullopt;
      return failed(name, errno);
    }
    if (S_ISLNK(st.st_mode)) {
      DOCTEUR_TRY(target, target_of_link(path, name));
      if (target.starts_with("refs/") && is_reference_name(target))
        return reference_value{std::nullopt, std::move(target)};
      // If it leads to nothing, the file is missing, which is reported below.
      if (::stat(path.c_str(), &st) != 0 && !is_no_reference(errno)) return failed(name, errno);
    }
    if (S_ISDIR(st.st_mode)) return std::nullopt;
    const auto text = read_regular(path, kMostLooseReference);
    if (!text) {
      if (!text.error().missing) return failed(name, text.error());
      if (S_ISLNK(st.st_mode)) return give_up(blame::input, printable(name) + ": is a symbolic link to nothing");
      return std::nullopt;  // removed meanwhile
    }
    auto value = parse_loose(*text, kind_);
    if (!value)
      return give_up(blame::input, printable(name) + ": is damaged: it contains neither an id nor a reference");
    return value;
  }

  static outcome<std::string> target_of_link(const std::string& path, const std::string& name) {
    std::array<char, PATH_MAX> target;
    const ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
    if (n < 0) return failed(name, errno);
    return std::string(target.data(), static_cast<std::size_t>(n));
  }

  outcome<std::vector<std::optional<oid>>> read_packed(std::span<const std::string> names) const {
    constexpr std::string_view kName = "packed-refs";
    const auto in_file = [&](const failure& why) { return give_up(why.who, std::string(kName) + ": " + why.message); };
    const auto file = open_regular(common_ + "/" + std::string(kName));
    if (!file && file.error().missing) return std::vector<std::optional<oid>>(names.size());
    if (!file) return failed(kName, file.error());
    packed_reference_search search(names, kind_);
    std::vector<char> piece(kPiece);
    for (;;) {
      const ssize_t n = ::read(file->get(), piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(kName, errno);
      if (n == 0) break;
      if (const auto taken = search.take({piece.data(), static_cast<std::size_t>(n)}); !taken)
        return in_file(taken.error());
    }
    auto found = search.finish();
    if (!found) return in_file(found.error());
    return found;
  }

  std::string folder_;
  std::string common_;
  hash_kind kind_;
};

}  // namespace

std::unique_ptr<references> references_in_files(std::string folder, std::string common_folder, hash_kind kind) {
  return std::make_unique<files>(std::move(folder), std::move(common_folder), kind);
}

outcome<followed_reference> follow(const references& all, const std::string& name, reference_value value) {
  std::string last = name;
  for (unsigned reads = 1; !value.id; ++reads) {
    if (reads == kMostReads)
      return give_up(blame::input, printable(name) + ": too many symbolic references on the way");
    if (!is_reference_name(value.target))
      return give_up(blame::input, printable(last) + ": points to " + printable(value.target) +
                                       ", which is not a valid name of a reference");
    last = std::move(value.target);
    DOCTEUR_TRY(next, all.read({&last, 1}));
    if (!next.front()) return followed_reference{std::move(last), std::nullopt};
    value = std::move(*next.front());
  }
  return followed_reference{std::move(last), value.id};
}

}  // namespace docteur
