// Update packs in memory: the header, numbers, copies, and packs of images that docteur::builder makes.
#include "update/packs/update_pack.hpp"

#include <gtest/gtest.h>

#include <libdeflate.h>

#include "base/memory_stream.hpp"
#include "support/image_maker.hpp"
#include "support/made_image.hpp"
#include "update/packs/pack_diff.hpp"
#include "update/packs/pack_patch.hpp"

namespace docteur {
namespace {

update_header some_header() {
  update_header h;
  h.old_size = 4096;
  h.new_size = 8192;
  h.new_pack = 5000;
  h.old_entries = 3;
  h.new_entries = 4;
  h.old_sha256 = oid(hash_kind::sha256);
  h.new_sha256 = oid(hash_kind::sha256);
  h.codecs.deltas = {.stride = 1, .chain = 32, .patience = 12, .lazy = 4, .may_give_up = false};
  return h;
}

void reseal(update_header_bytes& raw) {
  store_le(raw.data() + raw.size() - 4, libdeflate_crc32(0, raw.data(), raw.size() - 4));
}

std::string refusal(const update_header_bytes& raw) {
  const auto h = decode_update_header(raw);
  EXPECT_FALSE(h);
  return h ? "" : h.error().message;
}

TEST(UpdateHeader, ReadsWhatItWrote) {
  const auto h = decode_update_header(encode_update_header(some_header()));
  ASSERT_TRUE(h) << h.error().message;
  EXPECT_EQ(h->old_size, 4096u);
  EXPECT_EQ(h->new_size, 8192u);
  EXPECT_EQ(h->new_pack, 5000u);
  EXPECT_EQ(h->old_entries, 3u);
  EXPECT_EQ(h->new_entries, 4u);
  EXPECT_EQ(h->kind, hash_kind::sha1);
  EXPECT_EQ(h->codecs.delta_level, 10);
  EXPECT_EQ(h->codecs.deltas.chain, 32u);
}

TEST(UpdateHeader, RefusesEachPrefixAndEachChangedBit) {
  const update_header_bytes good = encode_update_header(some_header());
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(decode_update_header(bytes(good).first(n))) << n;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    update_header_bytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_FALSE(decode_update_header(bad)) << bit;
  }
}

TEST(UpdateHeader, RefusesFieldsOutOfRangeByName) {
  const struct {
    std::size_t at;
    std::uint64_t value;
    std::size_t size;
    const char* message;
  } cases[] = {
      {8, 2, 4, "version"},
      {12, 3, 4, "kind of ids"},
      {16, ~0ull, 8, "sizes"},
      {24, ~0ull, 8, "sizes"},
      {96, 8193, 8, "sizes"},
      {104, 0xffffffff, 4, "number of entries"},
      {108, 1u << 25, 4, "number of entries"},
      {112, 13, 1, "levels"},
      {113, 0, 1, "levels"},
      {114, 64, 1, "levels"},
      {116, 1, 4, "levels"},
      {120, 0, 4, "levels"},
      {124, 1u << 30, 4, "levels"},
      {128, '9', 1, "libdeflate"},
      {150, 1, 1, "reserved"},
  };
  for (const auto& c : cases) {
    update_header_bytes bad = encode_update_header(some_header());
    for (std::size_t i = 0; i < c.size; ++i) bad[c.at + i] = static_cast<std::byte>(c.value >> 8 * i & 0xff);
    reseal(bad);
    EXPECT_NE(refusal(bad).find(c.message), std::string::npos) << c.at << ": " << refusal(bad);
  }
}

TEST(UpdateNumbers, FoldAndUnfold) {
  for (const std::int64_t d :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{1} << 50, -(std::int64_t{1} << 50)})
    EXPECT_EQ(unfolded(folded(d)), d);
  EXPECT_EQ(folded(-1), 1u);
  EXPECT_EQ(folded(1), 2u);
}

TEST(UpdateNumbers, AreBounded) {
  buffer raw;
  put_number(raw, 300);
  EXPECT_EQ(*number_reader(raw).number(), 300u);
  EXPECT_EQ(*number_reader(raw).number(300), 300u);
  EXPECT_FALSE(number_reader(raw).number(299));
  EXPECT_FALSE(number_reader(bytes(raw).first(1)).number());
  EXPECT_EQ(*number_reader(raw).near(5, 156), 155u);
  EXPECT_FALSE(number_reader(raw).near(5, 155));
  buffer back;
  put_number(back, folded(-6));
  EXPECT_FALSE(number_reader(back).near(5, ~0ull)) << "a position before the first";
  EXPECT_FALSE(number_reader(buffer(10, std::byte{0xff})).number()) << "more than 63 bits";
}

// Literals from memory; fails at their end.
class memory_literals final : public literal_source {
 public:
  explicit memory_literals(bytes from) : rest(from) {}
  outcome<void> take(mutable_bytes out) override {
    if (out.size() > rest.size()) return damaged_update("it ends early");
    std::ranges::copy(rest.first(out.size()), out.begin());
    rest = rest.subspan(out.size());
    return {};
  }
  bytes rest;
};

void expect_round_trip(const std::string& base, const std::string& target) {
  copy_encoder encoder;
  encoder.set_base(as_bytes(base));
  buffer copies, literals, out(target.size());
  encoder.encode(as_bytes(target), copies, literals);
  number_reader numbers(copies);
  memory_literals from(literals);
  const auto done = decode_copies(as_bytes(base), numbers, from, out);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(as_text(out), target);
  EXPECT_TRUE(numbers.empty());
  EXPECT_TRUE(from.rest.empty());
}

TEST(UpdateCopies, RoundTrip) {
  const std::string text = prose(200'000, 1);
  expect_round_trip("", "");
  expect_round_trip("", "text");
  expect_round_trip("text", "");
  expect_round_trip(text, text);  // copies longer than git's
  expect_round_trip(text, text.substr(100'000) + "between" + text.substr(0, 100'000));
  expect_round_trip(text, noise(5'000, 2) + text + noise(300, 3));
  expect_round_trip(noise(3'000, 4), noise(3'000, 5));
}

TEST(UpdateCopies, RefuseWhatLeavesTheirBase) {
  const auto decode = [](std::initializer_list<std::uint64_t> numbers) {
    buffer copies, out(8);
    for (const std::uint64_t n : numbers) put_number(copies, n);
    number_reader from(copies);
    const buffer some = to_buffer("literal");
    memory_literals literals{some};
    const buffer base = to_buffer("a base");
    return decode_copies(base, from, literals, out).has_value();
  };
  EXPECT_TRUE(decode({2, 6, folded(-2)}));
  EXPECT_FALSE(decode({2, 6, folded(-1)})) << "one byte too far";
  EXPECT_FALSE(decode({2, 6, folded(-3)})) << "before the base";
  EXPECT_FALSE(decode({9})) << "more than the content has";
  EXPECT_FALSE(decode({8})) << "more than there are literals";
  EXPECT_FALSE(decode({2, 7, folded(-2)})) << "more than the content has";
  EXPECT_FALSE(decode({2, 0, folded(-2)})) << "a copy of nothing";
  EXPECT_FALSE(decode({2, 6})) << "truncated";
}

class vector_sink final : public byte_sink {
 public:
  outcome<void> write(bytes data) override {
    append(all, data);
    return {};
  }
  buffer all;
};

std::map<std::string, std::string> files(const std::string& version) {
  std::map<std::string, std::string> all;
  for (unsigned i = 0; i < 30; ++i)
    all["pages/page" + std::to_string(i)] = "version " + version + "\n" + prose(3'000, 1) + prose(500 + i, i);
  all["version"] = version;
  all["folder/noise"] = noise(40'000, 7);
  return all;
}

TEST(UpdatePack, MakesTheNewImageAndRefusesEachCut) {
  const made_image old_image(files("1.0")), new_image(files("1.1"));
  const named_image from{memory_device(old_image.content), "old"}, to{memory_device(new_image.content), "new"};
  progress silent;
  vector_sink pack;
  const auto made = make_update(from, to, pack, silent);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->raw, 0u);
  EXPECT_LT(pack.all.size(), new_image.content.size() / 4);
  const auto check = [&](bytes part, const named_image& of) {
    memory_stream stream({part.begin(), part.end()});
    return check_update(from, of, stream, silent);
  };
  const auto good = check(pack.all, to);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_FALSE(check(pack.all, from)) << "compared with another image";
  for (std::size_t n = 0; n < pack.all.size(); n += 1 + n / 16) {
    const auto cut = check(bytes(pack.all).first(n), to);
    ASSERT_FALSE(cut) << n;
    EXPECT_EQ(cut.error().who, blame::input) << cut.error().message;
  }
}

TEST(UpdatePack, IsForOneOldImage) {
  const made_image old_image(files("1.0")), new_image(files("1.1"));
  const named_image from{memory_device(old_image.content), "old"}, to{memory_device(new_image.content), "new"};
  progress silent;
  vector_sink pack;
  ASSERT_TRUE(make_update(from, to, pack, silent));
  const auto header = decode_update_header(pack.all);
  ASSERT_TRUE(header);
  EXPECT_TRUE(check_old_image(from.disk, *header, "old", silent));
  buffer longer = old_image.content;
  longer.resize(longer.size() + 512);
  EXPECT_TRUE(check_old_image(memory_device(longer), *header, "old", silent));
  buffer changed = old_image.content;
  changed[100] ^= std::byte{1};
  EXPECT_FALSE(check_old_image(memory_device(changed), *header, "old", silent));
  EXPECT_FALSE(check_old_image(memory_device(bytes(longer).first(header->old_size - 1)), *header, "old", silent));
}

}  // namespace
}  // namespace docteur
