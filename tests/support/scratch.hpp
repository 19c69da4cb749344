#pragma once
// Shared by tests of hosted code: a temporary folder, files in it, programs that must succeed.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

namespace docteur {

inline std::string file_content(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(content).str();
}

class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "docteur-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& below) const { return root_ / below; }
  [[nodiscard]] std::string path() const { return root_.string(); }

  // Creates missing folders on the way.
  void write(const std::filesystem::path& below, const std::string& content) const {
    std::filesystem::create_directories((root_ / below).parent_path());
    std::ofstream(root_ / below, std::ios::binary) << content;
  }
  // Names of the entries of the folder, including hidden ones.
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(root_), {}));
  }
  // Runs a shell command in the folder and returns its output without the last newline. If it fails, so does the test.
  [[nodiscard]] std::string run(const std::string& command) const {
    const std::string output = (root_ / ".output").string();
    const int status = std::system(("cd '" + path() + "' && ( " + command + "\n) >'" + output + "' 2>&1").c_str());
    std::string text = file_content(output);
    std::filesystem::remove(output);
    if (text.ends_with('\n')) text.pop_back();
    EXPECT_EQ(status, 0) << command << "\n" << text;
    return text;
  }

 private:
  std::filesystem::path root_;
};

}  // namespace docteur
