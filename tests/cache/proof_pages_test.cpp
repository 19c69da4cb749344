// Proofs as a server answers them: what clients that do not read may hold of them.

#include <gtest/gtest.h>

#include "cache/served_site.hpp"
#include "proof/commit_proof.hpp"

namespace docteur::cache_vm {
namespace {

// A site with one large folder, so that a proof has some 200 KB.
site_image make_large_folder() {
  site_image s;
  image_maker m;
  s.ten = m.add_blob(kTen);
  tree_text folder;
  for (int i = 0; i < 5'000; ++i) folder.add("100644", "file" + std::to_string(100'000 + i), s.ten);
  s.root = m.add_tree(tree_text().add("40000", "folder", m.add_tree(folder)));
  s.commit = m.add(object_type::commit, commit_text(s.root));
  s.raw = m.image(s.commit);
  return s;
}

constexpr const char* kRequest = "GET /.docteur/proof/folder/file100007 HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(ProofPages, AProofIsServed) {
  served_site s(make_large_folder(), {});
  const std::string response = s.exchange(kRequest);
  EXPECT_EQ(status_of(response), 200);
  const std::string body = body_of(response);
  EXPECT_GT(body.size(), 150'000u);
  const auto proven = check_commit_proof(as_bytes(body));
  ASSERT_TRUE(proven) << proven.error().what;
  EXPECT_EQ(proven->id, s.image.ten);
  EXPECT_EQ(proven->commit, s.image.commit);
  EXPECT_EQ(status_of(s.get("/.docteur/proof/folder/file1?compact")), 404);
}

// With 8 MiB of memory, less than a megabyte is for what is sent.
TEST(ProofPages, ClientsThatDoNotReadHoldABoundedAmount) {
  served_site s(make_large_folder(), {});
  std::vector<std::unique_ptr<fake_connection>> clients;
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<fake_connection>());
    clients.back()->window = 1'000;
    clients.back()->arriving = kRequest;
    s.http->opened(*clients.back());
    s.http->ready(*clients.back());
    if (status_of(clients.back()->sent) == 503) ++refused;
  }
  EXPECT_GE(refused, 14);
  EXPECT_LE(refused, 18);
  EXPECT_EQ(status_of(s.get("/folder/file100001")), 200) << "others go on";
  for (const auto& c : clients) {
    c->broken = true;
    s.http->ready(*c);
    EXPECT_TRUE(c->is_over());
  }
  EXPECT_EQ(status_of(s.exchange(kRequest)), 200);
}

TEST(ProofPages, WhereTheyAreTurnedOffTheNameIsTheImages) {
  cache_options o;
  o.site.proofs = false;
  o.status = false;
  served_site s(o);
  EXPECT_EQ(status_of(s.get("/.docteur/proof/ten.txt")), 404);
  served_site on;
  EXPECT_EQ(status_of(on.get("/.docteur/proof/ten.txt")), 200);
  EXPECT_EQ(status_of(on.get("/.docteur/proof/link")), 200);
  EXPECT_EQ(status_of(on.get("/.docteur/proof/dl/sub")), 404) << "links are not followed";
  on.machine->unmount();
  EXPECT_EQ(status_of(on.get("/.docteur/proof/ten.txt")), 503);
}

}  // namespace
}  // namespace docteur::cache_vm
