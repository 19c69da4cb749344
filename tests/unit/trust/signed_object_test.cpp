// What is signed, and what gpg's words mean. That git signs just this is shown by tests/cli/signature_test.sh.
#include "trust/signed_object.hpp"

#include <gtest/gtest.h>

#include "trust/openpgp.hpp"

using namespace docteur;

namespace {

const std::string kHead =
    "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    "author A <a@b> 1 +0000\ncommitter C <c@d> 1600000000 +0200\n";
const std::string kArmour =
    "-----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n";  // as it stands in a header
const std::string kBare = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";

std::optional<signed_object> parts(object_type type, const std::string& content) {
  auto p = split_signed_object(hash_kind::sha1, type, content);
  EXPECT_TRUE(p) << p.error().message;
  return p ? *p : std::nullopt;
}

verdict verdict_of(const std::string& status, int exit_status = 0, key_trust least = key_trust::undefined) {
  return read_gpg_status(status, exit_status, least).result;
}

}  // namespace

TEST(SignedObject, CommitsAreSignedInTheirHeader) {
  EXPECT_FALSE(parts(object_type::commit, kHead + "\nmessage\n"));
  EXPECT_FALSE(parts(object_type::commit, kHead));
  const auto p = parts(object_type::commit, kHead + "gpgsig " + kArmour + "\nmessage\n");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->payload, kHead + "\nmessage\n");
  EXPECT_EQ(p->signature, kBare);
  EXPECT_EQ(p->format, signature_format::openpgp);
  EXPECT_EQ(p->when, 1600000000);
}

TEST(SignedObject, OtherHeadersAndTheMessageAreKept) {
  const std::string merge = "mergetag object 1\n type commit\n gpgsig x\n  two\n";
  const std::string message = "\ngpgsig no header\n " + kArmour;
  const auto p = parts(object_type::commit, kHead + merge + "gpgsig-sha256 other\n more of it\ngpgsig " + kArmour +
                                                "encoding x\n" + message);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->payload, kHead + merge + "encoding x\n" + message);
  EXPECT_EQ(p->signature, kBare);
  EXPECT_FALSE(parts(object_type::commit, kHead + message)) << "what stands in a message is no signature";
}

TEST(SignedObject, TwoSignaturesAreNone) {
  const std::string twice = kHead + "gpgsig " + kArmour + "gpgsig " + kArmour + "\nm\n";
  EXPECT_FALSE(split_signed_object(hash_kind::sha1, object_type::commit, twice));
}

TEST(SignedObject, TagsAreSignedBehindTheirMessage) {
  const std::string head =
      "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype tree\ntag v1\ntagger T <t@t> 1500000000 +0000\n";
  EXPECT_FALSE(parts(object_type::tag, head + "\nmessage\n"));
  const auto p = parts(object_type::tag, head + "\nmessage\n" + kBare);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->payload, head + "\nmessage\n");
  EXPECT_EQ(p->signature, kBare);
  EXPECT_EQ(p->when, 1500000000);
  // The last one counts, so that nobody can hide a message behind a signature of his own.
  EXPECT_EQ(parts(object_type::tag, head + "\nm\n" + kBare + "more\n" + kBare)->payload,
            head + "\nm\n" + kBare + "more\n");
  EXPECT_EQ(parts(object_type::tag, head + "gpgsig-sha256 x\n y\n\nm\n" + kBare)->payload, head + "\nm\n");
  EXPECT_FALSE(split_signed_object(hash_kind::sha1, object_type::tag, head + "gpgsig x\n\nm\n" + kBare));
  const auto ssh = parts(object_type::tag, head + "\nm\n-----BEGIN SSH SIGNATURE-----\nx\n");
  EXPECT_EQ(ssh->format, signature_format::ssh);
  EXPECT_EQ(parts(object_type::tag, head + "\nm\n-----BEGIN SIGNED MESSAGE-----\nx\n")->format, signature_format::x509);
}

TEST(GpgStatus, OneGoodSignatureOfAKnownKey) {
  const std::string good = "[GNUPG:] GOODSIG 0123456789ABCDEF Jane <j@e>\n";
  const std::string valid = "[GNUPG:] VALIDSIG FFFF 2020-01-01 1\n";
  const auto f =
      read_gpg_status("[GNUPG:] NEWSIG\n" + good + valid + "[GNUPG:] TRUST_UNDEFINED 0 pgp\n", 0, key_trust::undefined);
  EXPECT_EQ(f.result, verdict::good);
  EXPECT_EQ(f.text, "Jane <j@e> (OpenPGP FFFF)");
  EXPECT_EQ(verdict_of(good + valid, 1), verdict::bad) << "gpg says no";
  EXPECT_EQ(verdict_of(good), verdict::bad);
  EXPECT_EQ(verdict_of(""), verdict::bad);
  EXPECT_EQ(verdict_of("GOODSIG 1 x\nVALIDSIG F\n"), verdict::bad) << "not a line of gpg's";
  EXPECT_EQ(verdict_of(good + valid + good + valid), verdict::bad);
  EXPECT_EQ(verdict_of(good + valid + "[GNUPG:] BADSIG 1 x\n"), verdict::bad);
  EXPECT_EQ(verdict_of(good + valid + "[GNUPG:] TRUST_NEVER 0 pgp\n"), verdict::untrusted);
  EXPECT_EQ(verdict_of(good + valid + "[GNUPG:] TRUST_MARGINAL 0 pgp\n", 0, key_trust::fully), verdict::untrusted);
  EXPECT_EQ(verdict_of(good + valid + "[GNUPG:] TRUST_ULTIMATE 0 pgp\n", 0, key_trust::fully), verdict::good);
  EXPECT_EQ(verdict_of("[GNUPG:] EXPKEYSIG 1 x\n" + valid), verdict::untrusted);
  EXPECT_EQ(verdict_of("[GNUPG:] REVKEYSIG 1 x\n" + valid), verdict::untrusted);
  EXPECT_EQ(verdict_of("[GNUPG:] ERRSIG 1 22 10 00 1 9 -\n", 2), verdict::untrusted);
}

TEST(WhatLacks, OneGoodNoneBad) {
  using list = std::vector<signature_finding>;
  const signature_finding good{"commit", verdict::good, "J"}, bad{"tag a", verdict::bad, "bad"};
  const signature_finding absent{"tag b", verdict::absent, "not signed"}, other{"tag c", verdict::untrusted, "who?"};
  EXPECT_EQ(what_lacks(list{good}), "");
  EXPECT_EQ(what_lacks(list{absent, good, other}), "");
  EXPECT_EQ(what_lacks(list{good, bad}), "tag a: bad");
  EXPECT_EQ(what_lacks(list{absent, other}), "tag c: who?");
  EXPECT_EQ(what_lacks(list{absent}), "tag b: not signed");
}
