#include <gtest/gtest.h>

#include <map>

#include "support/verify_sample.hpp"

using namespace docteur;

TEST(VerifyPack, ChecksThePackHeaderAndTrailer) {
  const sample s;
  byte_vector image = s.image();
  image[kPackOffset + 11] = std::byte{4};
  const verify_report r = check(image);
  expect_fault(r, errc::malformed, kPackOffset + 8, "PACK holds 5 objects, its header says 4");
  expect_fault(r, errc::bad_checksum, kPackOffset + s.pack.pack().size() - 20, "PACK trailer");
}

// IDX

TEST(VerifyPack, AnObjectThatIsNotWhatItsIdSaysIsFoundBehindGoodChecksums) {
  sample s;
  hand_pack p = s.pack;
  p.entries()[3].id = object_id(hash_kind::sha1, object_type::blob, as_bytes("hullo, world\n"));
  expect_one_fault(check(hand_image(s.commit, p)), errc::bad_checksum, p.at(3), "IDX has it as");
}

TEST(VerifyPack, BytesBetweenTwoEntries) {
  hand_pack p;
  byte_vector stream = zlib_stream(kHello);
  stream.push_back(std::byte{0});
  const oid hello = p.add(object_type::blob, kHello, stream);
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", hello).text());
  expect_fault(check(image), errc::malformed, p.at(1) - 1, "bytes between two entries");
}

TEST(VerifyPack, AStreamOfAnotherSize) {
  for (const int more : {-1, 1}) {
    hand_pack p;
    const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(kHello));
    p.put({entry_type::blob, 0, kHello.size() + static_cast<std::size_t>(more), 0, {}}, id, zlib_stream(kHello));
    const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", id).text());
    const verify_report r = check(image);
    expect_one_fault(r, errc::malformed, p.at(0) + 1, more > 0 ? "shorter" : "longer");
  }
}

TEST(VerifyPack, ADamagedObjectIsOneFaultAndItsDeltasARemark) {
  sample s;
  hand_pack p;
  byte_vector stream = zlib_stream(kHello);
  stream[stream.size() - 1] ^= std::byte{1};  // Adler-32
  p.add(object_type::commit, commit_text(s.root));
  p.add(object_type::blob, kHello, stream);
  p.add_ofs(object_type::blob, 1, kHello.size(), "bye\n");
  const std::string below_text = tree_text().add("100755", "bye", s.bye).text();
  p.add(object_type::tree, below_text);
  p.add(object_type::tree,
        tree_text().add("100644", "hello", s.hello).add("120000", "link", s.bye).add("40000", "sub", s.below).text());
  const verify_report r = check(hand_image(s.commit, p));
  expect_one_fault(r, errc::malformed, p.at(1) + 1, "damaged zlib stream");
  expect_remark(r, "1 deltas have damaged bases");
}

TEST(VerifyPack, RefDeltasInAnyOrderAndTypeAreGood) {
  sample s;
  hand_pack p;
  const std::string below_text = tree_text().add("100755", "bye", s.bye).text();
  const std::string root_text =
      tree_text().add("100644", "hello", s.hello).add("120000", "link", s.bye).add("40000", "sub", s.below).text();
  p.add_ref(object_type::blob, s.hello, kHello.size(), "bye\n");  // before its base
  p.add_ref(object_type::tree, s.root, root_text.size(), below_text);
  p.add(object_type::blob, kHello);
  p.add(object_type::tree, root_text);
  p.add(object_type::commit, commit_text(s.root));
  const verify_report r = check(hand_image(s.commit, p));
  expect_good(r);
  EXPECT_EQ(r.deltas, 2u);
}

TEST(VerifyPack, DeltasThatStandOnOneAnother) {
  sample s;
  const oid a = object_id(hash_kind::sha1, object_type::blob, as_bytes("a"));
  const oid b = object_id(hash_kind::sha1, object_type::blob, as_bytes("b"));
  s.pack.add_ref(object_type::blob, b, 1, "a");
  s.pack.add_ref(object_type::blob, a, 1, "b");
  s.pack.add_ref(object_type::blob, b, 1, "c");  // outside the circle
  const verify_report r = check(s.image());
  expect_one_fault(r, errc::malformed, s.pack.at(5), "deltas form a cycle");
  expect_remark(r, "2 deltas have damaged bases");
}

TEST(VerifyPack, ADeltaOnItself) {
  sample s;
  const oid a = object_id(hash_kind::sha1, object_type::blob, as_bytes("a"));
  s.pack.add_ref(object_type::blob, a, 1, "a");
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(5), "deltas form a cycle");
}

TEST(VerifyPack, TheBaseOfARefDeltaIsMissing) {
  sample s;
  s.pack.add_ref(object_type::blob, object_id(hash_kind::sha1, object_type::blob, as_bytes("nowhere")), 7, "a");
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(5), "the base of a delta is not in the PACK");
}

TEST(VerifyPack, ABaseThatIsNoEntry) {
  sample s;
  const std::string d = literal_delta(kHello.size(), "x");
  s.pack.put({entry_type::ofs_delta, 0, d.size(), s.pack.entries()[3].offset + 1, {}},
             object_id(hash_kind::sha1, object_type::blob, as_bytes("x")), zlib_stream(d));
  expect_fault(check(s.image()), errc::out_of_range, s.pack.at(5), "the base of a delta is not an entry");
}

TEST(VerifyPack, ADeltaForABaseOfAnotherSize) {
  hand_pack p;
  p.add(object_type::blob, kHello);
  const oid bye = p.add_ofs(object_type::blob, 0, kHello.size() + 1, "bye\n");
  const oid hello = object_id(hash_kind::sha1, object_type::blob, as_bytes(kHello));
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", hello).add("100644", "b", bye).text());
  expect_one_fault(check(image), errc::malformed, p.at(1), "base of another size");
}

// Chains as deep as git writes them, and one deeper; recursion would overflow the stack.

TEST(VerifyPack, ChainsUpToTheLimit) {
  for (const unsigned depth : {4095u, 4096u}) {
    hand_pack p;
    std::string last = std::to_string(0);
    tree_text tree;
    oid id = p.add(object_type::blob, last);
    std::map<std::string, oid> files{{"0000", id}};
    for (unsigned i = 1; i <= depth; ++i) {
      const std::string next = std::to_string(i);
      id = p.add_ofs(object_type::blob, i - 1, last.size(), next);
      last = next;
      std::string name = next;
      name.insert(0, 4 - name.size(), '0');
      files[name] = id;
    }
    for (const auto& [name, file] : files) tree.add("100644", name, file);
    const verify_report r = check(image_of_tree(p, tree.text()));
    EXPECT_EQ(r.depth, 4095u);
    if (depth == 4095) {
      expect_good(r);
    } else {
      expect_one_fault(r, errc::too_large, p.at(4096), "longer than the limit");
    }
  }
}

// Every base has two deltas, and the deep one comes first: without care, all bases would be held at once.

TEST(VerifyPack, FewBasesAreHeldOfADeepChainWithBranches) {
  hand_pack p;
  std::map<std::string, oid> files;
  std::string base(10'000, 'x');
  files["base"] = p.add(object_type::blob, base);
  std::size_t at = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const std::string deep = std::to_string(1000 + i) + base.substr(4);
    const std::size_t next = p.entries().size();
    files["deep" + std::to_string(1000 + i)] = p.add_ofs(object_type::blob, at, base.size(), deep);
    files["leaf" + std::to_string(1000 + i)] = p.add_ofs(object_type::blob, at, base.size(), std::to_string(i));
    at = next;
  }
  tree_text tree;
  for (const auto& [name, id] : files) tree.add("100644", name, id);
  const byte_vector image = image_of_tree(p, tree.text());
  verify_options options;
  options.held_bytes = 3 * base.size();
  expect_good(check(image, options));
  options.held_bytes = base.size() / 2;
  expect_fault(check(image, options), errc::too_large, p.at(1), "more bases at once");
}

TEST(VerifyPack, LimitsOnSizes) {
  hand_pack p;
  const std::string zeros(100'000, '\0');
  const oid id = p.add(object_type::blob, zeros);
  const oid on_it = p.add_ofs(object_type::blob, 0, zeros.size(), "x");
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", id).add("100644", "b", on_it).text());
  expect_good(check(image));
  verify_options options;
  options.bounds.object_bytes = 50'000;  // the blob itself can be streamed
  expect_one_fault(check(image, options), errc::too_large, p.at(1), "base of a delta is larger");
  options = {};
  options.bounds.paths = 2;
  expect_fault(check(image, options), errc::too_large, p.at(2), "more paths");
  options = {};
  options.bounds.objects = 3;
  EXPECT_FALSE(check(image, options).good());
}

// No memory is allocated for more than a stream can hold.

TEST(VerifyPack, ASizeThatNoStreamOfThatLengthHas) {
  hand_pack p;
  const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes(kHello));
  p.put({entry_type::blob, 0, std::uint64_t{1} << 59, 0, {}}, id, zlib_stream(kHello));
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", id).text());
  expect_one_fault(check(image), errc::malformed, p.at(0), "too short for its size");
}

// Reachability
