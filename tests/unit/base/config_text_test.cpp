#include "base/config_text.hpp"

#include "support/scratch.hpp"

namespace docteur {
namespace {

// As `git config --list -z` prints it: name, newline and value, or the name alone.
std::string listed(std::string_view text) {
  const auto entries = parse_config(text);
  if (!entries) return entries.error().message;
  std::string all;
  for (const config_entry& e : *entries) all += e.name + (e.value ? "\n" + *e.value : "") + '\0';
  return all;
}

class ConfigText : public testing::Test {
 protected:
  // What git makes of it; "refused" where it refuses.
  std::string git(std::string_view text) {
    dir_.write("config", std::string(text));
    (void)dir_.run("git config --file config --no-includes --list -z >listed 2>said || echo refused >listed");
    return file_content(dir_ / "listed");
  }
  scratch dir_;
};

TEST_F(ConfigText, IsReadAsGitReadsIt) {
  for (const std::string_view text : {"",
                                      "\n \t\n",
                                      "# nothing\n; nothing",
                                      "[core]\n\tbare = true\n",
                                      "[core] bare=false",
                                      "[core]bare",
                                      "[CORE]\nFileMode\n",
                                      "[a \"B.c\"]\nk-1 = v\n",
                                      "[a \"B\\\"\\\\\\x\"]\nk = v",
                                      "[a.B]\nk = v\n",
                                      "[a \t \"b\"] k = v",
                                      "[s]\nk = a b  c  \n",
                                      "[s]\nk = \"  a  \"  # c\n",
                                      "[s]\nk = a ; b\n",
                                      "[s]\nk = a \"; b\" c\n",
                                      "[s]\nk = one\\\n  two\n",
                                      "[s]\nk = a\\tb\\nc\\\\d\\\"e\n",
                                      "[s]\r\nk = v\r\n",
                                      "\xef\xbb\xbf[s]\nk = v\n",
                                      "[s]\nk =\n",
                                      "[s]\nk = \"\"\n",
                                      "[include]\npath = /dev/zero\n",
                                      "[s]k=1\n[s]k=2\nK=3\n[t]\n",
                                      "k = v\n"}) {
    EXPECT_EQ(listed(text), git(text)) << text;
  }
}

TEST_F(ConfigText, WhatGitRefusesIsRefusedWithItsLine) {
  const std::pair<std::string_view, int> bad[] = {{"[core\n", 1},          {"\n[core]\n1 = 2\n", 3},
                                                  {"[a \"b\n\"]\n", 1},    {"[a \"b\" ]\n", 1},
                                                  {"[a b]\n", 1},          {"[s]\nk v\n", 2},
                                                  {"[s]\nk = \"a\n\n", 2}, {"[s]\nk = \\x\n", 2},
                                                  {"[s]\nk_1 = 2\n", 2},   {"[s]\n= 2\n", 2},
                                                  {"[a_b]\nk = v\n", 1},   {"\xef\xbb[s]\n", 1},
                                                  {"[s]\nk = v\n]", 3},    {"[s \"", 1},
                                                  {"[]\nk = v\n", 1}};
  for (const auto& [text, line] : bad) {
    EXPECT_EQ(listed(text), "line " + std::to_string(line) + " is not well-formed") << text;
    EXPECT_EQ(git(text), "refused\n") << text;
  }
}

TEST(ConfigTruth, WordsThatMeanTrue) {
  for (const char* const word : {"true", "YES", "on", "1", "20"}) EXPECT_TRUE(is_true(std::string(word))) << word;
  for (const char* const word : {"false", "no", "off", "0", "", "x"}) EXPECT_FALSE(is_true(std::string(word))) << word;
  EXPECT_TRUE(is_true(std::nullopt));
}

}  // namespace
}  // namespace docteur
