#include "builder/path_section_writer.hpp"

#include <algorithm>
#include <array>

#include "layout/number.hpp"
#include "layout/versions_section.hpp"

namespace docteur {
namespace {

// A block is closed at this size. The reader holds one block at a time, and deflate looks back no farther than 32 KiB.
constexpr std::size_t kBlockSize = 64 << 10;  // bytes before deflate
constexpr int kLevel = 12;                    // libdeflate's highest: deflated once, inflated at each attach

void append(std::vector<std::byte>& to, bytes from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

path_section_writer::path_section_writer(std::uint32_t objects)
    : position_size_(position_size(objects)), deflate_(kLevel) {}

void path_section_writer::add(std::string_view path, entry_kind kind, std::uint32_t position) {
  std::string key(path);
  if (kind == entry_kind::directory && !path.empty()) key += '/';
  put(std::move(key), static_cast<std::uint32_t>(kind), position);
}

void path_section_writer::put(std::string key, std::uint32_t kind, std::uint32_t position) {
  const auto shared = static_cast<std::size_t>(std::ranges::mismatch(key, last_key_).in1 - key.begin());
  const std::string_view tail = std::string_view(key).substr(shared);
  put_number(records_, shared);
  put_number(records_, tail.size() << kPathKindBits | kind);
  text_ += tail;
  for (std::uint32_t i = 0; i < position_size_; ++i) positions_.push_back(static_cast<std::byte>(position >> 8 * i));
  last_key_ = std::move(key);
  ++paths_;
  ++block_paths_;
  if (records_.size() + text_.size() >= kBlockSize) close_block();
}

void path_section_writer::add_submodule(std::string_view path, const oid& commit) {
  add(path, entry_kind::submodule, static_cast<std::uint32_t>(submodules_.size()));
  submodules_.push_back(commit);
}

void path_section_writer::add_removed(std::string_view key) { put(std::string(key), kRemovedPath, 0); }

void path_section_writer::close_block() {
  const std::string raw = records_ + text_;
  const bytes packed = deflate_.compress(as_bytes(raw)).stream;
  std::array<std::byte, kPathBlockHeader> head;
  encode_path_block(head.data(), {block_paths_, static_cast<std::uint32_t>(packed.size()),
                                  static_cast<std::uint32_t>(raw.size()), static_cast<std::uint32_t>(records_.size())});
  append(blocks_, head);
  append(blocks_, packed);
  append(blocks_, positions_);
  block_paths_ = 0;
  records_.clear();
  text_.clear();
  positions_.clear();
}

std::vector<std::byte> path_section_writer::finish() {
  if (block_paths_ > 0) close_block();
  std::vector<std::byte> out(kPathSectionHeader);
  store_le(out.data(), paths_);
  store_le(out.data() + 4, static_cast<std::uint32_t>(submodules_.size()));
  store_le(out.data() + 8, position_size_);
  append(out, blocks_);
  for (const oid& id : submodules_) append(out, id.view());
  return out;
}

}  // namespace docteur
