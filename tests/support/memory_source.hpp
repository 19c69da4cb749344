#pragma once
// An object source in memory, for tests: files under paths become blobs, trees and one parentless commit.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/hasher.hpp"
#include "pack/object_source.hpp"

namespace docteur {

class memory_sink : public byte_sink {
 public:
  outcome<void> write(bytes data) override {
    if (data_.size() + data.size() > room_) return give_up(blame::environment, "no room");
    data_.insert(data_.end(), data.begin(), data.end());
    return {};
  }
  [[nodiscard]] bytes view() const { return data_; }
  void set_room(std::size_t room) { room_ = room; }

 private:
  std::vector<std::byte> data_;
  std::size_t room_ = static_cast<std::size_t>(-1);
};

class memory_source : public object_source {
 public:
  explicit memory_source(const std::map<std::string, std::string>& files) {
    objects_.push_back({});  // the commit, filled in when the root tree's id is known
    contents_.emplace_back();
    paths_.emplace_back();
    std::vector<std::pair<std::string, std::string>> blobs;
    const std::string root = add_tree("", files, blobs);
    for (const auto& [path, content] : blobs) add(object_type::blob, path, content);
    const std::string text = "tree " + root + "\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nmessage\n";
    objects_[0] = {object_id(hash_kind::sha1, object_type::commit, as_bytes(text)), object_type::commit, text.size()};
    contents_[0] = text;
  }

  [[nodiscard]] std::span<const source_object> objects() const override { return objects_; }
  [[nodiscard]] std::string_view path(std::size_t index) const override { return paths_[index]; }
  [[nodiscard]] outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    if (index == failing_) return give_up(blame::environment, paths_[index] + ": cannot be read");
    const bytes all = as_bytes(contents_[index]);
    out.assign(all.begin(), all.end());
    return {};
  }
  [[nodiscard]] outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const override {
    if (index == failing_) return give_up(blame::environment, paths_[index] + ": cannot be read");
    return std::make_unique<text_stream>(contents_[index]);
  }

  [[nodiscard]] const std::string& content(std::size_t index) const { return contents_[index]; }
  [[nodiscard]] std::size_t find(std::string_view path, object_type type = object_type::blob) const {
    for (std::size_t i = 0; i < paths_.size(); ++i)
      if (paths_[i] == path && objects_[i].type == type) return i;
    return paths_.size();
  }
  void fail_at(std::size_t index) { failing_ = index; }
  // As if a file had changed after it was listed.
  void change(std::size_t index, std::string content) { contents_[index] = std::move(content); }

 private:
  class text_stream : public byte_stream {
   public:
    explicit text_stream(const std::string& text) : rest_(as_bytes(text)) {}
    outcome<std::size_t> read(mutable_bytes out) override {
      const std::size_t n = std::min({out.size(), rest_.size(), std::size_t{50'000}});  // short reads, as files give
      std::copy_n(rest_.begin(), n, out.begin());
      rest_ = rest_.subspan(n);
      return n;
    }

   private:
    bytes rest_;
  };

  oid add(object_type type, const std::string& path, const std::string& content) {
    const oid id = object_id(hash_kind::sha1, type, as_bytes(content));
    if (!seen_.insert(id).second) return id;
    objects_.push_back({id, type, content.size()});
    contents_.push_back(content);
    paths_.push_back(path);
    return id;
  }

  // Adds the tree of `files` and those below it; returns its id in hexadecimal. The blobs follow after all trees.
  std::string add_tree(const std::string& at, const std::map<std::string, std::string>& files,
                       std::vector<std::pair<std::string, std::string>>& blobs) {
    const std::size_t slot = objects_.size();
    objects_.push_back({});
    contents_.emplace_back();
    paths_.push_back(at);
    std::map<std::string, std::map<std::string, std::string>> below;  // by name, with '/' as in Git's order
    std::map<std::string, std::pair<std::string, oid>> entries;       // by Git's order: mode and name, id
    for (const auto& [path, content] : files) {
      const std::size_t slash = path.find('/');
      if (slash == std::string::npos) {
        entries[path] = {"100644 " + path, object_id(hash_kind::sha1, object_type::blob, as_bytes(content))};
      } else {
        below[path.substr(0, slash + 1)][path.substr(slash + 1)] = content;
      }
    }
    const std::string prefix = at.empty() ? "" : at + "/";
    for (const auto& [name, inside] : below) {
      const std::string plain = name.substr(0, name.size() - 1);
      entries[name] = {"40000 " + plain, *parse_hex(add_tree(prefix + plain, inside, blobs), hash_kind::sha1)};
    }
    std::string text;
    for (const auto& [key, entry] : entries) {
      text += entry.first + '\0';
      text += as_text(entry.second.view());
    }
    for (const auto& [path, content] : files)
      if (path.find('/') == std::string::npos) blobs.emplace_back(prefix + path, content);
    objects_[slot] = {object_id(hash_kind::sha1, object_type::tree, as_bytes(text)), object_type::tree, text.size()};
    contents_[slot] = text;
    const oid_hex hex = to_hex(objects_[slot].id);
    return {hex.begin(), hex.end()};
  }

  std::vector<source_object> objects_;
  std::vector<std::string> contents_;
  std::vector<std::string> paths_;
  std::set<oid> seen_;
  std::size_t failing_ = static_cast<std::size_t>(-1);
};

}  // namespace docteur
