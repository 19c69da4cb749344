#include "builder/list_section_writer.hpp"

#include <algorithm>
#include <span>

#include "base/oid_table.hpp"
#include "base/oid_text.hpp"
#include "base/parallel.hpp"
#include "layout/list_section.hpp"
#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

constexpr std::size_t kPiece = 1 << 20;       // bytes of a large blob that are hashed at once
constexpr std::uint64_t kWhole = kPiece * 8;  // bytes: a larger blob is read as a stream

// The SHA-256 of the content of each blob of a source, by its id.
class content_hashes {
 public:
  explicit content_hashes(std::span<const source_object> objects) : known_(id_of{objects, blobs_}) {
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (objects[i].type != object_type::blob) continue;
      blobs_.push_back(static_cast<std::uint32_t>(i));
      known_.insert(static_cast<std::uint32_t>(blobs_.size() - 1));
    }
    hashes_.resize(blobs_.size());
  }
  content_hashes(const content_hashes&) = delete;
  content_hashes& operator=(const content_hashes&) = delete;

  [[nodiscard]] std::span<const std::uint32_t> blobs() const noexcept { return blobs_; }  // in the source's order
  void set(std::size_t blob, const oid& hash) { hashes_[blob] = hash; }
  [[nodiscard]] const oid* find(const oid& id) const {
    const auto blob = known_.find(id);
    return blob ? &hashes_[*blob] : nullptr;
  }

 private:
  struct id_of {
    std::span<const source_object> objects;
    const std::vector<std::uint32_t>& blobs;
    const oid& operator()(std::uint32_t blob) const { return objects[blobs[blob]].id; }
  };
  std::vector<std::uint32_t> blobs_;
  std::vector<oid> hashes_;
  oid_table<id_of> known_;
};

tl::unexpected<failure> changed(const oid& id) {
  return give_up(blame::input, "object " + hex_text(id) + " changed while it was read");
}

// The SHA-256 of a blob, which is compared with its id.
outcome<oid> hash_blob(const object_source& source, std::size_t index) {
  const source_object& o = source.objects()[index];
  if (o.size <= kWhole) {
    std::vector<std::byte> whole;
    DOCTEUR_CHECK(source.read_verified(index, whole));
    if (object_id(o.id.kind(), o.type, whole) != o.id) return changed(o.id);
    return sha256_of(whole);
  }
  sha256 content;
  hasher id = object_hash(o.id.kind(), o.type, o.size);
  DOCTEUR_TRY(stream, source.open(index));
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    DOCTEUR_TRY(n, stream->read(piece));
    if (n == 0) break;
    id.update(bytes{piece}.first(n));
    content.update(bytes{piece}.first(n));
  }
  return id.finish() == o.id ? outcome<oid>(content.finish()) : changed(o.id);
}

outcome<void> hash_contents(const object_source& source, content_hashes& contents, unsigned threads, progress& report) {
  const auto blobs = contents.blobs();
  report.phase("hashing files", blobs.size());
  return for_each_index(blobs.size(), threads, report, [&](std::size_t i) -> outcome<void> {
    DOCTEUR_TRY(hash, hash_blob(source, blobs[i]));
    contents.set(i, hash);
    return {};
  });
}

void append(std::vector<std::byte>& to, bytes raw) { to.insert(to.end(), raw.begin(), raw.end()); }

// All leaves, 32 bytes each.
outcome<std::vector<std::byte>> make_leaves(path_lister& paths, const oid& root, const content_hashes& contents) {
  std::vector<std::byte> leaves;
  std::optional<oid> lacks;
  DOCTEUR_CHECK(paths.run(root, [&](std::string_view path, entry_kind kind, std::uint32_t, const oid& id) {
    if (kind == entry_kind::directory) return;
    oid content;
    if (kind == entry_kind::submodule) {
      content = sha256_of(id.view());
    } else if (const oid* const known = contents.find(id)) {
      content = *known;
    } else {
      lacks = id;
    }
    append(leaves, list_leaf(path, canonical_mode(kind), content).view());
  }));
  if (lacks) return changed(*lacks);
  return leaves;
}

// What is said of the commit: all of the statement but files and root.
outcome<list_statement> describe_commit(const object_source& source) {
  std::vector<std::byte> content;
  DOCTEUR_CHECK(source.read_verified(0, content));
  const oid& id = source.commit().id;
  const auto c = parse_commit(content, id.kind());
  if (!c || object_id(id.kind(), object_type::commit, content) != id) return changed(id);
  return list_statement{id, static_cast<std::uint64_t>(std::max<std::int64_t>(c->committer.seconds, 0)), 0, oid()};
}

}  // namespace

outcome<std::vector<std::byte>> make_list_section(path_lister& paths, const object_source& source,
                                                  const list_signer& sign, unsigned threads, progress& report) {
  DOCTEUR_TRY(statement, describe_commit(source));
  content_hashes contents(source.objects());
  DOCTEUR_CHECK(hash_contents(source, contents, threads, report));
  DOCTEUR_TRY(nodes, make_leaves(paths, source.root().id, contents));
  statement.files = nodes.size() / kListHash;
  if (statement.files == 0) return give_up(blame::input, "there is no file whose list could be signed");
  list_head head{static_cast<std::uint32_t>(statement.files), 0, 0, statement.date, oid()};
  std::vector<std::byte> section(kListHead);
  append(section, nodes);
  for (std::uint64_t count = statement.files; count > 1;) {
    const bool has_next = count > kListFanOut;
    count = reduce_levels(nodes, count);
    if (has_next) append(section, bytes{nodes}.first(count * kListHash));
  }
  statement.root = head.root = oid::from(nodes.data(), hash_kind::sha256);
  const statement_text text(statement);
  DOCTEUR_TRY(signature, sign(text.view()));
  head.signature_kind = static_cast<std::uint8_t>(signature.kind);
  head.signature_size = static_cast<std::uint32_t>(signature.raw.size());
  encode_list_head(section.data(), head);
  append(section, signature.raw);
  return section;
}

}  // namespace docteur
