#include "source/objects/pooled_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"
#include "support/scratch.hpp"

namespace docteur {
namespace {

TEST(pooled_file, many_files_need_few_descriptors) {
  const scratch work;
  const std::size_t files = most_pooled_descriptors() + 200;
  std::vector<std::shared_ptr<const pooled_file>> all;
  for (std::size_t i = 0; i < files; ++i) {
    work.write(std::to_string(i), "content " + std::to_string(i));
    auto file = pooled_file::open((work / std::to_string(i)).native());
    ASSERT_TRUE(file) << file.error().why;
    all.push_back(std::move(*file));
  }
  std::atomic<std::size_t> wrong{0};
  const auto read_all = [&](std::size_t step) {
    for (std::size_t i = 0, at = 0; i < files; ++i, at = (at + step) % files) {
      std::string content(all[at]->size(), ' ');
      const auto read = all[at]->read(0, {reinterpret_cast<std::byte*>(content.data()), content.size()});
      if (!read || content != "content " + std::to_string(at)) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (const std::size_t step : {1u, 7u, 13u, 31u}) threads.emplace_back(read_all, step);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_LE(static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {})),
            most_pooled_descriptors() + 16);
}

TEST(pooled_file, a_shortage_closes_what_is_not_read) {
  const scratch work;
  std::vector<std::shared_ptr<const pooled_file>> all;
  for (int i = 0; i < 20; ++i) {
    work.write(std::to_string(i), "x");
    all.push_back(*pooled_file::open((work / std::to_string(i)).native()));
  }
  // Every descriptor of the process is taken.
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit few = before;
  few.rlim_cur = 40;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<unique_fd> taken;
  for (;;) {
    unique_fd fd(::dup(0));
    if (!fd) break;
    taken.push_back(std::move(fd));
  }
  const auto more = pooled_file::open((work / "0").native());
  std::byte content{};
  unsigned good = 0;
  for (const auto& file : all) good += file->read(0, {&content, 1}) ? 1 : 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(more) << more.error().why;
  EXPECT_EQ(good, 20u);
}

TEST(pooled_file, another_file_under_the_name_is_a_fault) {
  const scratch work;
  work.write("file", "first");
  const auto file = *pooled_file::open((work / "file").native());
  std::vector<std::shared_ptr<const pooled_file>> others;
  work.write("other", "x");
  for (std::size_t i = 0; i < 3 * most_pooled_descriptors(); ++i)
    others.push_back(*pooled_file::open((work / "other").native()));
  work.write("new", "second");
  std::filesystem::rename(work / "new", work / "file");
  std::byte content{};
  const auto read = file->read(0, {&content, 1});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().why, "changed while it was read");
}

TEST(pooled_file, what_shrinks_is_damaged) {
  const scratch work;
  work.write("file", std::string(100, 'x'));
  const auto file = *pooled_file::open((work / "file").native());
  std::filesystem::resize_file(work / "file", 50);
  std::vector<std::byte> content(60);
  const auto read = file->read(0, content);
  ASSERT_FALSE(read);
  EXPECT_FALSE(read.error().missing);
  EXPECT_FALSE(file->read(90, mutable_bytes(content).first(20)));
}

}  // namespace
}  // namespace docteur
