#pragma once
// A proof of the commit form in its parts, to be put together otherwise. Tests only.

#include <stdexcept>
#include <string>
#include <vector>

#include "layout/number.hpp"
#include "proof/proof_format.hpp"

namespace docteur {

struct proof_parts {
  std::string frame;
  std::string path;
  std::vector<std::string> tags;
  std::string commit;
  std::vector<std::string> trees;

  static proof_parts of(bytes proof) {
    cursor from(proof);
    const auto take = [&from] { return std::string(as_text(take_proof_bytes(from, kMostProof).value())); };
    proof_parts p;
    p.frame = as_text(from.take(kProofHead).value());
    p.path = take();
    for (std::uint64_t left = take_proof_number(from, 1000).value(); left > 0; --left) p.tags.push_back(take());
    p.commit = take();
    while (!from.empty()) p.trees.push_back(take());
    return p;
  }

  [[nodiscard]] std::string text() const {
    std::string out = frame;
    const auto add = [&out](const std::string& part) {
      put_number(out, part.size());
      out += part;
    };
    add(path);
    put_number(out, tags.size());
    for (const std::string& tag : tags) add(tag);
    add(commit);
    for (const std::string& tree : trees) add(tree);
    return out;
  }
};

}  // namespace docteur
