#pragma once
// A source in memory with everything that the planner takes. Tests only.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "pack/features.hpp"
#include "pack/object_store.hpp"
#include "support/memory_source.hpp"

namespace docteur {

struct planned {
  explicit planned(const std::map<std::string, std::string>& files, std::size_t feature_bytes = 1 << 20)
      : planned(files, nullptr, feature_bytes) {}
  // The same where there is an older PACK.
  planned(const std::map<std::string, std::string>& files, const kept_entries& kept) : planned(files, &kept, 1 << 20) {}

  [[nodiscard]] std::uint32_t index(std::string_view path) const {
    return static_cast<std::uint32_t>(source.find(path));
  }

  memory_source source;
  std::vector<bool> eligible;
  progress quiet;
  std::unique_ptr<feature_collector> features;
  std::optional<object_store> store;

 private:
  planned(const std::map<std::string, std::string>& files, const kept_entries* kept, std::size_t feature_bytes)
      : source(files), eligible(source.objects().size(), true) {
    features = std::make_unique<feature_collector>(source.objects(), eligible, feature_bytes);
    auto filled =
        object_store::fill(source, {1 << 30, std::filesystem::temp_directory_path(), kept, eligible}, *features, quiet);
    if (filled) store.emplace(std::move(*filled));
    EXPECT_TRUE(filled.has_value());
  }
};

}  // namespace docteur
