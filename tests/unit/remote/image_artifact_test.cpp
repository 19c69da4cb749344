#include "remote/image_artifact.hpp"

#include <gtest/gtest.h>

#include "host/image_digests.hpp"
#include "remote/blob_upload.hpp"

namespace docteur {
namespace {

const image_artifact kImage{registry_digest("image"), 4096, registry_digest("digest")};
const artifact_facts kFacts{"site.img", "2020-10-10T08:00:00Z", "00ff"};

TEST(Artifact, IsReadAsItIsWritten) {
  const auto read = parse_artifact(artifact_manifest(kImage, kFacts), "x");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->layer, kImage.layer);
  EXPECT_EQ(read->size, kImage.size);
  EXPECT_EQ(read->image_digest, kImage.image_digest);
  const auto without = parse_artifact(artifact_manifest({kImage.layer, 1, {}}, {}), "x");
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->image_digest);
}

// The bytes are what its digest is of: a change of them is a change of the format.
TEST(Artifact, Bytes) {
  EXPECT_EQ(
      artifact_manifest(kImage, kFacts),
      R"({"annotations":{"org.docteur.image.digest":")" + digest_text(registry_digest("digest")) +
          R"(","org.opencontainers.image.created":"2020-10-10T08:00:00Z","org.opencontainers.image.revision":"00ff",)"
          R"("org.opencontainers.image.title":"site.img"},"artifactType":"application/vnd.docteur.image.v1",)"
          R"("config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",)"
          R"("mediaType":"application/vnd.oci.empty.v1+json","size":2},)"
          R"("layers":[{"annotations":{"org.opencontainers.image.title":"site.img"},"digest":")" +
          digest_text(registry_digest("image")) +
          R"(","mediaType":"application/vnd.docteur.image.v1.disk","size":4096}],)"
          R"("mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2})");
}

TEST(Artifact, EveryPrefixIsRefused) {
  const std::string whole = artifact_manifest(kImage, kFacts);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto read = parse_artifact(whole.substr(0, n), "x");
    ASSERT_FALSE(read) << n;
    EXPECT_EQ(read.error().who, blame::input);
  }
}

TEST(Upload, Ranges) {
  EXPECT_EQ(uploaded_bytes("0-99"), 100u);
  EXPECT_EQ(uploaded_bytes("bytes=0-99"), 100u);
  EXPECT_EQ(uploaded_bytes("0-0"), 0u);
  for (const char* bad : {"", "0-", "1-2", "-1", "0-x", "0-9 ", "0-99999999999999999999", "0-9223372036854775807"})
    EXPECT_FALSE(uploaded_bytes(bad)) << bad;
}

TEST(Upload, Errors) {
  EXPECT_EQ(registry_error(R"({"errors":[{"code":"DENIED","message":"x"}]})"), " (DENIED)");
  for (const char* none :
       {"", "{}", R"({"errors":[]})", R"({"errors":{}})", R"({"errors":[7]})", R"({"errors":[{"code":"a b"}]})"})
    EXPECT_EQ(registry_error(none), "") << none;
}

}  // namespace
}  // namespace docteur
