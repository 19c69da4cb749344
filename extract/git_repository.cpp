#include "extract/git_repository.hpp"

#include <git2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "extract/folder_writer.hpp"
#include "extract/git_index.hpp"
#include "host/describe.hpp"
#include "libgit2/git_handle.hpp"
#include "object/hasher.hpp"
#include "verify/verify.hpp"

namespace docteur {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // bytes copied at once

class repository_writer {
 public:
  repository_writer(const snapshot& from, int root, const git_repository_options& options, const std::string& subject,
                    const std::string& target, progress& report)
      : from_(from), options_(options), subject_(subject), report_(report), out_(root, target) {}

  outcome<void> run() {
    DOCTEUR_TRY(verified, verify());
    tags_ = std::move(verified.tags);
    versions_ = std::move(verified.versions);
    if (!options_.bare) {
      DOCTEUR_CHECK(out_.make_folder(".git"));
      at_ = ".git/";
    }
    for (const char* folder : {"objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags"})
      DOCTEUR_CHECK(out_.make_folder(at_ + folder));
    DOCTEUR_CHECK(put("config", config()));
    DOCTEUR_CHECK(put("HEAD", options_.branch.empty() ? commit() : "ref: refs/heads/" + options_.branch + "\n"));
    DOCTEUR_CHECK(put("packed-refs", references()));
    if (const std::string text = shallow(); !text.empty()) DOCTEUR_CHECK(put("shallow", text));
    if (!options_.bare) {
      DOCTEUR_TRY(index, make_git_index(from_, subject_));
      DOCTEUR_CHECK(put("index", as_text(index)));
    }
    return copy_pack(verified.pack_size);
  }

 private:
  outcome<verify_report> verify() {
    verify_options options;
    options.bounds = from_.image().bounds();
    options.threads = options_.threads;
    auto report = verify_image(from_.image().disk(), options, report_);
    if (!report) return give_up(report.error().who, subject_ + ": " + report.error().message);
    if (report->good()) return report;
    const fault& first = report->faults.front();
    failure why = describe({first.code, first.at, first.what.c_str()}, subject_);
    if (report->fault_count > 1) why.message += " (and more: docteur-verify names them)";
    return tl::unexpected<failure>(std::move(why));
  }

  [[nodiscard]] std::string config() const {
    const bool extended = kind() != hash_kind::sha1;
    return std::string("[core]\n\trepositoryformatversion = ") + (extended ? "1" : "0") +
           "\n\tfilemode = true\n\tbare = " + (options_.bare ? "true\n" : "false\n") +
           (extended ? "[extensions]\n\tobjectformat = " + std::string(name(kind())) + "\n" : "");
  }
  [[nodiscard]] hash_kind kind() const noexcept { return from_.image().kind(); }
  [[nodiscard]] std::string commit() const { return hex_text(from_.commit_id()) + "\n"; }

  // `git help pack-refs`; sorted by name.
  [[nodiscard]] std::string references() const {
    std::map<std::string, reference> all;
    if (!options_.branch.empty()) all.emplace("refs/heads/" + options_.branch, reference{from_.commit_id(), {}});
    for (const verified_version& v : versions_) add_version(v, all);
    if (from_.commit_id() == from_.image().commit_id()) add_tags(tags_, from_.commit_id(), all);
    std::string text = "# pack-refs with: peeled fully-peeled sorted \n";
    for (const auto& [name, value] : all) {
      text += hex_text(value.id) + " " + name + "\n";
      if (value.led_to) text += "^" + hex_text(*value.led_to) + "\n";
    }
    return text;
  }

  struct reference {
    oid id;
    std::optional<oid> led_to;  // the commit that a tag leads to
  };

  // A tag whose name git would refuse, or take for an option, gets no reference; its object is there anyway.
  void add_tags(const std::vector<tag_object>& tags, const oid& commit, std::map<std::string, reference>& to) const {
    for (const tag_object& tag : tags) {
      const auto parsed = parse_tag(as_bytes(tag.content), kind());
      if (parsed && check_branch_name(std::string(parsed->tag)))
        to.emplace("refs/tags/" + std::string(parsed->tag), reference{tag.id, commit});
    }
  }

  // The branch or tag that the version was asked for by, else a branch of its name.
  void add_version(const verified_version& v, std::map<std::string, reference>& to) const {
    add_tags(v.tags, v.commit, to);
    std::string name = "refs/heads/" + v.name;
    for (const std::string_view prefix : {"refs/heads/", "refs/tags/"})
      if (v.reference.starts_with(prefix)) name = v.reference;
    const bool is_tag = name.starts_with("refs/tags/");
    if (!check_branch_name(name.substr(name.find('/', 5) + 1)) || (is_tag && !v.tags.empty())) return;
    to.emplace(std::move(name), reference{v.commit, {}});
  }

  // The commits whose parents are not there (gitrepository-layout(5), "shallow").
  [[nodiscard]] std::string shallow() const {
    std::set<std::string> all;
    if (from_.commit().parents > 0) all.insert(commit());
    for (const verified_version& v : versions_)
      if (const auto head = v.head(); head && head->parents > 0) all.insert(hex_text(v.commit) + "\n");
    std::string text;
    for (const std::string& line : all) text += line;
    return text;
  }

  outcome<void> copy_pack(std::uint64_t pack_size) {
    oid checksum(kind());
    if (const auto read =
            read_exactly(from_.image().disk(), kPackOffset + pack_size - pack_trailer_size(kind()), checksum.view());
        !read)
      return tl::make_unexpected(describe(read.error(), subject_));
    const std::string name = "objects/pack/pack-" + hex_text(checksum);
    report_.phase("copying", 0);
    DOCTEUR_CHECK(copy(kPackOffset, pack_size, name + ".pack"));
    // In memory, because the paths were read from trees.
    return copy(from_.image().header().idx_offset, from_.image().index().whole()->layout().size(), name + ".idx");
  }

  // Copies `size` bytes of the image, which end with the hash of those before; this proves that they are what was
  // verified.
  outcome<void> copy(std::uint64_t at, std::uint64_t size, const std::string& name) {
    DOCTEUR_TRY(file, out_.make_file(at_ + name, 0444));
    std::vector<std::byte> piece(kPiece);
    hasher hash(kind());
    std::uint64_t hashed = size - id_size(kind());
    oid checksum;
    for (const std::uint64_t end = at + size; at < end;) {
      if (report_.cancelled()) return give_up(blame::environment, "interrupted");
      // The checksum is read separately.
      const std::uint64_t left = hashed > 0 ? hashed : id_size(kind());
      const mutable_bytes part = mutable_bytes(piece).first(std::min<std::uint64_t>(left, piece.size()));
      if (const auto read = read_exactly(from_.image().disk(), at, part); !read)
        return tl::make_unexpected(describe(read.error(), subject_));
      if (hashed > 0) {
        hash.update(part);
        hashed -= part.size();
      } else {
        checksum = oid::from(part.data(), kind());
      }
      DOCTEUR_CHECK(file.write(part));
      at += part.size();
    }
    if (hash.finish() != checksum) return give_up(blame::environment, subject_ + ": changed while it was read");
    return file.finish(std::nullopt, new_file::durability::sync);
  }

  outcome<void> put(const std::string& name, std::string_view content) {
    DOCTEUR_TRY(file, out_.make_file(at_ + name, 0666));
    DOCTEUR_CHECK(file.write(as_bytes(content)));
    return file.finish(std::nullopt);
  }

  const snapshot& from_;
  const git_repository_options& options_;
  const std::string& subject_;
  progress& report_;
  folder_writer out_;
  std::vector<tag_object> tags_;
  std::vector<verified_version> versions_;
  std::string at_;  // of the repository below the root, with a trailing '/'
};

}  // namespace

outcome<void> check_branch_name(const std::string& name) {
  start_libgit2();
  int valid = 0;
  // As `git check-ref-format --branch`: no leading dash, and not HEAD.
  if (!name.starts_with('-') && name != "HEAD" && name.find('\0') == std::string::npos &&
      git_reference_name_is_valid(&valid, ("refs/heads/" + name).c_str()) == 0 && valid != 0)
    return {};
  return give_up(blame::usage, printable(name) + ": not a name for a branch (git help check-ref-format)");
}

outcome<void> write_git_repository(const snapshot& from, int root, const git_repository_options& options,
                                   const std::string& subject, const std::string& target, progress& report) {
  return repository_writer(from, root, options, subject, target, report).run();
}

}  // namespace docteur
