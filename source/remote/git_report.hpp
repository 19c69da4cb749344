#pragma once
// What `git fetch --progress` says on stderr, as progress and as the one reason why it failed. Hosted.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "object/progress.hpp"
#include "source/remote/remote_address.hpp"

namespace docteur {

class git_report {
 public:
  // `from` is redacted: its user and password appear in no message, whoever repeats them.
  git_report(const remote_address& from, progress& to) : from_(from), to_(to) {}

  // More of stderr, cut anywhere. Lines end in LF or CR; "Receiving objects:" and what follows it become phases.
  void take(std::string_view text);
  // Whether the server has answered: the first line about objects came.
  [[nodiscard]] bool answered() const noexcept { return answered_; }

  // Whether it failed because the server gives no object by the id `asked`, be it that it has none or that it gives no
  // ids.
  [[nodiscard]] bool refuses_id(std::string_view asked) const;
  // Whether it failed because the server cannot leave out history: one of plain files, or one without the capability
  // "shallow" (gitprotocol-capabilities(5)).
  [[nodiscard]] bool knows_no_shallow() const;
  // Whether it failed because the server's ids are of SHA-256 (gitprotocol-capabilities(5), "object-format").
  [[nodiscard]] bool has_sha256() const;
  // One line of what was said in the end, printable, without program and repository names, with a way out where the
  // reason is a known one. `who`: blame::input where the repository answered and has not what was asked for, else
  // blame::environment. `asked`: the reference, for the message.
  [[nodiscard]] failure reason(std::string_view asked) const;

 private:
  void line(std::string_view text);
  [[nodiscard]] bool count(std::string_view text);
  [[nodiscard]] std::string cause() const;
  [[nodiscard]] std::string redacted(std::string text) const;

  const remote_address& from_;
  progress& to_;
  std::string rest_;              // of a line that is not complete
  std::deque<std::string> said_;  // the last lines that are no progress
  std::string last_remote_;       // the last line that the server wrote for a person
  bool answered_ = false;
  std::string phase_;
  std::uint64_t done_ = 0;   // of this phase
  std::uint64_t bytes_ = 0;  // the same
};

}  // namespace docteur
