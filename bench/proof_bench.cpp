// Usage: proof_bench PROOF FILE   Prints the microseconds that it takes to check the proof and the file, the median of
// many, as "PROOF ALL": without the hash of the file, and with it. Signatures are checked by other programs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "object/hasher.hpp"
#include "object/sha256.hpp"
#include "proof/commit_proof.hpp"
#include "proof/list_proof.hpp"
#include "proof/proof_format.hpp"

namespace {

using namespace docteur;

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The median of the microseconds that work() takes; false from it ends the program.
template <class Work>
double median(const Work& work) {
  std::vector<double> times;
  for (int i = 0; i < 301; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!work()) std::exit(1);
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::nth_element(times, times.begin() + 150);
  return times[150];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string raw = content_of(argv[1]), file = content_of(argv[2]);
  cursor front(as_bytes(raw));
  const auto head = take_proof_head(front);
  if (!head) return 1;
  double proof = 0, all = 0;
  if (head->form == proof_form::commit) {
    proof = median([&] { return check_commit_proof(as_bytes(raw)).has_value(); });
    all = median([&] {
      const auto e = check_commit_proof(as_bytes(raw));
      return e && object_id(e->kind, object_type::blob, as_bytes(file)) == e->id;
    });
  } else {
    const auto prove = [&](const list_proof& p, const oid& content) {
      return proven_statement(p, content).root != oid(hash_kind::sha256);
    };
    proof = median([&] {
      const auto p = read_list_proof(as_bytes(raw));
      return p && prove(*p, *p->content);
    });
    all = median([&] {
      const auto p = read_list_proof(as_bytes(raw));
      return p && prove(*p, sha256_of(as_bytes(file)));
    });
  }
  std::printf("%.1f %.1f\n", proof, all);
  return 0;
}
