#include "host/block_list.hpp"

#include <gtest/gtest.h>

#include "host/heap.hpp"
#include "reader/attached_image.hpp"
#include "support/made_image.hpp"

namespace docteur {
namespace {

const std::string kHead =
    "docteur block list 1\nimage " + std::string(40, 'a') + " " + std::string(40, 'b') + " 200000\n";

TEST(BlockList, ReadsWhatItWrites) {
  const std::string text = kHead + "3\n0-1\n";
  const auto list = parse_block_list(text, "l");
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->blocks.size(), 2u);
  EXPECT_EQ(list->blocks[0].first, 3u);
  EXPECT_EQ(list->blocks[1].count, 2u);
  EXPECT_EQ(list->of.size, 200000u);
  EXPECT_EQ(block_list_text(*list), text);
}

TEST(BlockList, RefusesWithTheLine) {
  const auto message = [](const std::string& text) {
    const auto list = parse_block_list(text, "l");
    return list ? "accepted" : list.error().message;
  };
  EXPECT_EQ(message(""), "l:1: not a list of blocks");
  EXPECT_EQ(message("docteur block list 2\n"), "l:1: not a list of blocks");
  EXPECT_EQ(message("docteur block list 1\n"), "l:2: expected the image that the list is of");
  EXPECT_EQ(message("docteur block list 1\nimage abc def 5\n"), "l:2: expected the image that the list is of");
  for (const char* line : {"4", "0-4", "2-1", "1-1", "-1", "1-", "01", "", "x", "0 1", "18446744073709551616", "0-1-2"})
    EXPECT_EQ(message(kHead + "0\n" + line + "\n"), "l:4: not blocks of the image") << line;
  EXPECT_EQ(message(kHead), "accepted");
}

TEST(BlockList, NamesTheContentOfAnImage) {
  using files = std::map<std::string, std::string>;
  const made_image one(files{{"a", "hello\n"}});
  const made_image other(files{{"a", "hello!\n"}});
  const auto name_of = [](const made_image& made) {
    attached_image attached;
    EXPECT_TRUE(attached.attach(memory_device(made.content), heap_memory()));
    return listed_image_of(attached.image()).value();
  };
  EXPECT_EQ(name_of(one), name_of(one));
  EXPECT_NE(name_of(one), name_of(other));
  EXPECT_EQ(name_of(one).size, one.content.size());
}

}  // namespace
}  // namespace docteur
