// Verification of the list section (layout/list_section.hpp).
#include <gtest/gtest.h>
#include <libdeflate.h>

#include <map>

#include "builder/build_image.hpp"
#include "layout/image_header.hpp"
#include "layout/list_section.hpp"
#include "support/digested.hpp"
#include "support/memory_source.hpp"
#include "support/noise.hpp"
#include "support/scratch.hpp"
#include "support/verified.hpp"

namespace docteur {
namespace {

struct sample {
  std::vector<std::byte> content;
  section where{};

  explicit sample(std::size_t files = 40) {
    std::map<std::string, std::string> all{{"large", noise(9'000'000)}, {"twice", "0"}};
    for (std::size_t i = 0; i < files; ++i) all["d/f" + std::to_string(i)] = std::to_string(i);
    const scratch dir;
    progress silent;
    image_options options;
    options.sign = [](std::string_view) -> outcome<list_signature> {
      return list_signature{list_signature_kind::ssh, std::vector<std::byte>(10, std::byte{7})};
    };
    const auto out = output_file::create(dir / "image");
    EXPECT_TRUE(build_image(memory_source(all), **out, options, silent));
    const std::string raw = file_content(dir / "image");
    content.assign(as_bytes(raw).begin(), as_bytes(raw).end());
    where = *table().find(section_type::files);
  }
  [[nodiscard]] std::uint64_t idx_offset() const {
    return decode_image_header(bytes(content).first(kPackOffset), content.size())->idx_offset;
  }
  [[nodiscard]] section_table table() const {
    const std::uint64_t at = idx_offset() - kSectionTableSize;
    return *decode_section_table(bytes(content).subspan(at, kSectionTableSize), idx_offset());
  }
  // Changes a byte of the section, and makes all checksums anew.
  void change(std::uint64_t at, std::byte by = std::byte{1}) {
    content[where.offset + at] ^= by;
    section_table t = table();
    for (section& s : t.entries)
      if (s.type == section_type::files)
        s.crc = libdeflate_crc32(0, content.data() + s.offset, static_cast<std::size_t>(s.length));
    const section_table_bytes raw = encode_section_table(t);
    std::ranges::copy(raw, content.begin() + static_cast<std::ptrdiff_t>(idx_offset() - kSectionTableSize));
    const std::uint64_t digests = t.find(section_type::digests)->offset;
    std::ranges::copy(section_for(content, digests), content.begin() + static_cast<std::ptrdiff_t>(digests));
  }
};

TEST(VerifyList, ARightOneIsReported) {
  const sample s;
  for (const unsigned threads : {1u, 3u}) {
    verify_options options;
    options.threads = threads;
    const verify_report r = check(s.content, options);
    expect_good(r);
    ASSERT_TRUE(r.list);
    EXPECT_EQ(r.list->statement.files, 42u);
    EXPECT_EQ(r.list->statement.commit, r.commit);
    EXPECT_EQ(r.list->statement.date, 1u);
    EXPECT_EQ(r.list->signature.size(), 10u);
    EXPECT_TRUE(r.remarks.empty()) << all_of(r);
  }
}

TEST(VerifyList, EachWrongNodeIsAFault) {
  const std::uint64_t leaves = kListHead, nodes = leaves + 42 * kListNode;
  for (const std::uint64_t at : {leaves, leaves + 41 * kListNode + 31}) {
    sample s;
    s.change(at);
    const verify_report r = check(s.content);
    expect_one_fault(r, errc::bad_checksum, s.where.offset + leaves, "the list of files is not that of the commit");
    EXPECT_FALSE(r.list);
  }
  sample s;
  s.change(nodes + 2 * kListNode + 3);
  expect_one_fault(check(s.content), errc::bad_checksum, s.where.offset + nodes, "the list of files is not that of");
}

TEST(VerifyList, AWrongHeadIsAFault) {
  sample root;
  root.change(30);
  expect_one_fault(check(root.content), errc::bad_checksum, root.where.offset + 24, "the root of the list of files");
  sample date;
  date.change(16);
  expect_one_fault(check(date.content), errc::malformed, date.where.offset + 16, "another date than the commit");
  sample files;
  files.change(0);
  expect_one_fault(check(files.content), errc::malformed, files.where.offset, "length of the list section");
  sample kind;
  kind.change(4, std::byte{4});
  expect_one_fault(check(kind.content), errc::malformed, kind.where.offset + 4, "unknown kind of signature");
}

TEST(VerifyList, ADamagedImageIsNotListed) {
  sample s;
  s.content[40] ^= std::byte{1};
  const verify_report r = check(s.content);
  EXPECT_FALSE(r.good());
  EXPECT_FALSE(r.list);
}

}  // namespace
}  // namespace docteur
