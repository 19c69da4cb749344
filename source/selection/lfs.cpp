#include "source/selection/lfs.hpp"

#include <charconv>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "base/program.hpp"
#include "object/hasher.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

std::vector<std::string> lfs_environment() {
  std::vector<std::string> all =
      program_environment({"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM",
                           "GIT_CONFIG_GLOBAL", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
                           "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"});
  all.emplace_back("GIT_TERMINAL_PROMPT=0");
  return all;
}

// The error line among lines of progress.
std::string error_line(const std::string& text) {
  const std::size_t word = text.find("rror");
  if (word == std::string::npos) return text.substr(0, text.find('\n'));
  const std::size_t begin = text.rfind('\n', word) + 1;  // npos + 1: the first line
  return text.substr(begin, text.find('\n', word) - begin);
}

// Copies content into a spool, up to the expected size, and hashes it as Git and Git LFS do.
class lfs_sink final : public byte_sink {
 public:
  lfs_sink(spool& file, std::uint64_t size, hash_kind kind)
      : file_(file), left_(size), id_(object_hash(kind, object_type::blob, size)) {}
  outcome<void> write(bytes data) override {
    too_much_ = too_much_ || data.size() > left_;
    if (too_much_) return {};
    id_.update(data);
    digest_.update(data);
    left_ -= data.size();
    DOCTEUR_TRY(at, file_.append(data));
    if (!begin_) begin_ = at;
    return {};
  }
  [[nodiscard]] bool holds(const lfs_pointer& p) {
    return !too_much_ && left_ == 0 && hex_text(digest_.finish()) == p.sha256;
  }
  [[nodiscard]] oid id() { return id_.finish(); }
  [[nodiscard]] std::uint64_t begin() const { return begin_.value_or(0); }

 private:
  spool& file_;
  std::uint64_t left_;
  bool too_much_ = false;
  std::optional<std::uint64_t> begin_;
  hasher id_;
  sha256 digest_;
};

}  // namespace

std::optional<lfs_pointer> parse_lfs_pointer(bytes content) {
  if (!is_lfs_pointer(content)) return std::nullopt;
  constexpr std::string_view kOid = "\noid sha256:", kSize = "\nsize ";
  const std::string_view text = as_text(content);
  const std::size_t oid_at = text.find(kOid), size_at = text.find(kSize);
  if (oid_at == std::string_view::npos || size_at == std::string_view::npos) return std::nullopt;
  lfs_pointer p{std::string(text.substr(oid_at + kOid.size(), 64)), 0};
  if (p.sha256.size() != 64 || p.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  const char* const digits = text.data() + size_at + kSize.size();
  const auto [end, error] = std::from_chars(digits, text.data() + text.size(), p.size);
  if (error != std::errc() || end == text.data() + text.size() || *end != '\n') return std::nullopt;
  return p;
}

outcome<lfs_content> lfs_content::create(const progress& report) {
  program_call command;
  command.arguments = {"git", "lfs", "version"};
  command.environment = lfs_environment();
  DOCTEUR_TRY(ran, run_program(command, report));
  if (ran.status != 0) return give_up(blame::environment, "--lfs: git lfs is not installed (package git-lfs)");
  DOCTEUR_TRY(file, spool::create({}));
  return lfs_content(std::move(file), report);
}

outcome<lfs_content::blob> lfs_content::fetch(bytes pointer, const repository_place& from, std::string_view path,
                                              hash_kind kind) {
  const auto failed = [&](const std::string& why) { return give_up(blame::input, printable(path) + ": " + why); };
  const auto parsed = parse_lfs_pointer(pointer);
  if (!parsed) return failed("a Git LFS pointer that is not well-formed");
  program_call command;
  command.arguments = {"git", "lfs", "smudge", "--", std::string(path)};
  command.environment = lfs_environment();
  command.directory = from.worktree.empty() ? from.folder : from.worktree;
  command.input = pointer;
  lfs_sink sink(*file_, parsed->size, kind);
  command.output = &sink;
  DOCTEUR_TRY(ran, run_program(command, *report_));
  if (ran.status != 0 || !sink.holds(*parsed)) {
    const std::string reason = error_line(ran.errors);
    return failed("git lfs does not have the content of this pointer" +
                  (reason.empty() ? "" : ": " + printable(reason)));
  }
  return blob{sink.id(), sink.begin(), parsed->size};
}

}  // namespace docteur
