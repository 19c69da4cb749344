#pragma once
// Several commits of files in memory as one source of objects.

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "source/versions/combined_source.hpp"
#include "support/memory_source.hpp"

namespace docteur {

// The commit of a memory_source.
class commit_of_files final : public commit_source {
 public:
  explicit commit_of_files(const std::map<std::string, std::string>& files) : files_(files) {}

  [[nodiscard]] std::span<const source_object> objects() const override { return files_.objects(); }
  [[nodiscard]] std::string_view path(std::size_t index) const override { return files_.path(index); }
  [[nodiscard]] outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    return files_.read(index, out);
  }
  [[nodiscard]] outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const override {
    return files_.open(index);
  }
  [[nodiscard]] source_notes notes() const override { return {}; }

 private:
  memory_source files_;
};

using version_files = std::pair<std::string, std::map<std::string, std::string>>;  // name, files

// Each version was asked for by "refs/tags/NAME".
inline std::unique_ptr<commit_source> versions_of(const std::vector<version_files>& versions) {
  std::vector<named_source> all;
  for (const auto& [name, files] : versions) {
    all.push_back({name, std::make_unique<commit_of_files>(files)});
    all.back().source->set_reference("refs/tags/" + name);
  }
  auto combined = combine_versions(std::move(all));
  if (!combined) throw std::runtime_error(combined.error().message);
  return std::move(*combined);
}

}  // namespace docteur
