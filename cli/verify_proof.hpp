#pragma once
// docteur-verify --proof: checks a proof and a file, without the image. Hosted.

#include <optional>
#include <string>

#include "cli/command_line.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"

namespace docteur::cli {

struct proof_options {
  std::optional<std::string> proof;   // the file with the proof; nullopt: an image is verified
  std::optional<std::string> file;    // what must be the content
  std::optional<std::string> commit;  // the id that the proof must lead to
  std::optional<std::string> path;    // that must be proved
  std::optional<std::string> root;    // of the list of files, that a compact proof must lead to: "sha256:HEX"
  bool signature = false;             // demand a good one
  std::optional<std::string> allowed_signers;
  bool json = false;
  bool quiet = false;
};

// Adds --proof, --file, --commit and --path.
void add_proof_options(command_line& app, proof_options& to);

// Checks every hash from the content up to the commit, and prints what is proved. Fails with
// blame::input unless all that is demanded is proved, with blame::usage for a bad demand, with blame::environment if a
// file cannot be read.
[[nodiscard]] outcome<void> verify_proof(const proof_options& opt, const progress& report);

}  // namespace docteur::cli
