#pragma once
// Parses the stderr of `git fetch --progress` into progress and the one reason for a failure. Hosted.

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "base/remote_address.hpp"
#include "object/progress.hpp"

namespace docteur {

class git_report {
 public:
  // The user and password of `from` appear in no message, even if git or the server repeats them.
  git_report(const remote_address& from, progress& report) : from_(from), report_(report) {}

  // Takes more of stderr, cut anywhere. Lines end in LF or CR; "Receiving objects:" and similar titles become phases.
  void take(std::string_view text);
  // Whether the server has answered, with a first line about objects.
  [[nodiscard]] bool answered() const noexcept { return answered_; }

  // Whether git said nothing but progress. If no reference matches what a fetch without history is for, it fails so.
  [[nodiscard]] bool is_silent() const noexcept { return last_lines_.empty(); }
  // Which of `asked` the reason for the failure names; the first if none.
  [[nodiscard]] std::string named(std::span<const std::string> asked) const;
  // Whether the server sent what it was asked to leave out, or failed because it cannot leave that out.
  [[nodiscard]] bool lacks_filter() const noexcept { return lacks_filter_; }
  // Whether it failed because the server does not serve the id `asked`: it has no such object, or serves none by id.
  [[nodiscard]] bool refuses_id(std::string_view asked) const;
  // Whether it failed because the server cannot leave out history: it serves plain files, or lacks the capability
  // "shallow" (gitprotocol-capabilities(5)).
  [[nodiscard]] bool lacks_shallow() const;
  // Whether it failed because the server's ids are of SHA-256 (gitprotocol-capabilities(5), "object-format").
  [[nodiscard]] bool has_sha256() const;
  // The reason for the failure on one printable line, without program and repository names, with advice if the reason
  // is known. Its blame is input if the repository answered and does not have what was asked for, otherwise
  // environment. `asked`: the reference, for the message.
  [[nodiscard]] failure reason(std::string_view asked) const;

 private:
  void line(std::string_view text);
  [[nodiscard]] bool count(std::string_view text);
  [[nodiscard]] std::string cause() const;
  [[nodiscard]] std::string redacted(std::string text) const;

  const remote_address& from_;
  progress& report_;
  std::string rest_;                    // start of an incomplete line
  std::deque<std::string> last_lines_;  // the last lines that are not progress
  std::string last_remote_;             // the last message of the server
  bool answered_ = false;
  bool lacks_filter_ = false;
  std::string phase_;
  std::uint64_t done_ = 0;   // of this phase
  std::uint64_t bytes_ = 0;  // the same
};

}  // namespace docteur
