#include "source/remote/git_report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/hex_digits.hpp"
#include "base/printable.hpp"

namespace docteur {
namespace {

constexpr std::size_t kLines = 32;          // lines kept: ssh's warning about a changed key is the longest known
constexpr std::size_t kLongestLine = 512;   // bytes
constexpr std::size_t kLongestShown = 300;  // bytes of a line that are shown
constexpr std::size_t kLeastToken = 8;      // bytes
constexpr std::string_view kRemote = "remote: ";
constexpr std::string_view kUnreadable = "Could not read from remote repository.";

struct step {
  std::string_view title, phase;
  bool received;  // the PACK is received: the line gives bytes
};
constexpr std::array<step, 4> kSteps{{{"remote: Counting objects:", "preparing", false},
                                      {"remote: Compressing objects:", "preparing", false},
                                      {"Receiving objects:", "fetching", true},
                                      {"Resolving deltas:", "resolving", false}}};

struct known {
  std::string_view holds;  // text of git or ssh that identifies the cause
  blame who;
  std::string_view shown;  // shown instead; appended if it begins with ';' or a blank
};
constexpr std::array<known, 20> kKnown{{
    {"mismatched algorithms", blame::input, "the ids of the repository are of another kind than the one asked for"},
    {"could not read Username", blame::environment,
     "the server wants a user name and a password: set up a credential helper (gitcredentials(7)) or put them into "
     "the URL"},
    {"could not read Password", blame::environment,
     "the server wants a password: set up a credential helper (gitcredentials(7)) or put it into the URL"},
    {"Authentication failed", blame::environment, "the server does not accept the user name or the password"},
    {"certificate", blame::environment, "; for a CA of your own set git's http.sslCAInfo or GIT_SSL_CAINFO"},
    {"Host key verification failed", blame::environment,
     "the host's key is unknown or not the known one; compare it, then correct ssh's known_hosts"},
    {"Permission denied", blame::environment, "; ssh needs a key that the server knows (ssh-add, ~/.ssh/config)"},
    {"is this a git repository", blame::environment, "no Git repository answers there"},
    {"invalid content-type", blame::environment,
     "no Git server answers there; for one of plain files the program git must be in PATH"},
    // The texts of libgit2 1.9 and of earlier versions for an advertisement whose ids are of 64 digits.
    {"unknown remote object format", blame::environment, "; a repository of SHA-256 ids needs the program git in PATH"},
    {"parsing REF pkt-line", blame::environment, "; a repository of SHA-256 ids needs the program git in PATH"},
    {"' not found", blame::environment, "no such repository there"},
    {"early EOF", blame::environment, "the connection ended in the middle"},
    {"the remote end hung up", blame::environment, "the connection ended in the middle"},
    {"packet write failed", blame::environment, "the connection ended in the middle"},
    {"Could not read from remote", blame::environment, "the server ended the connection without an answer"},
    {"inflate: ", blame::environment, "; the data was damaged on the way"},
    {"pack is corrupted", blame::environment, "; the data was damaged on the way"},
    {"' not allowed", blame::environment, " for a source over the network; see git's url.<base>.insteadOf"},
    {"Operation too slow", blame::environment, "; --timeout sets how long to wait"},
}};

bool skip(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// "1.20 MiB", "17 bytes" as git's strbuf_humanise_bytes() writes them.
std::optional<std::uint64_t> take_size(std::string_view& text) {
  const auto whole = take_number(text);
  if (!whole) return std::nullopt;
  std::uint64_t hundredths = 0;
  if (skip(text, ".")) hundredths = take_number(text).value_or(0);
  constexpr std::array<std::pair<std::string_view, unsigned>, 4> kUnits{
      {{" bytes", 0}, {" KiB", 10}, {" MiB", 20}, {" GiB", 30}}};
  for (const auto& [unit, shift] : kUnits)
    if (skip(text, unit)) return (*whole << shift) + ((hundredths << shift) / 100);
  return std::nullopt;
}

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// The first run of as many hexadecimal digits as an id has; empty if there is none.
std::string_view id_in(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789abcdef", at), text.size());
    if (kind_of_digits(text.substr(at, end - at))) return text.substr(at, end - at);
    at = std::max(at, end);
  }
  return {};
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; !what.empty() && (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

}  // namespace

void git_report::take(std::string_view text) {
  for (const char c : text) {
    if (c != '\n' && c != '\r') {
      if (rest_.size() < kLongestLine) rest_ += c;
      continue;
    }
    line(rest_);
    rest_.clear();
  }
}

void git_report::line(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty() || count(text)) return;
  // Of fetch-pack.c and of fetch.c; the last one of a server's upload-pack.c: "filter 'tree' not supported".
  for (const std::string_view begin : {"warning: filtering not recognized by server",
                                       "warning: option \"filter\" is ignored", "fatal: remote error: filter '"})
    if (text.starts_with(begin)) lacks_filter_ = true;
  if (skip(text, kRemote)) {
    if (!text.starts_with("Enumerating objects") && !text.starts_with("Total ")) last_remote_ = text;
    return;
  }
  if (last_lines_.size() == kLines) last_lines_.pop_front();
  last_lines_.emplace_back(text);
}

// "TITLE:  45% (450/1000), 1.20 MiB | 2.00 MiB/s": returns true for such a line.
bool git_report::count(std::string_view text) {
  for (const step& s : kSteps) {
    if (!skip(text, s.title)) continue;
    answered_ = true;
    const auto open = text.find('(');
    if (open == std::string_view::npos) return true;
    text.remove_prefix(open + 1);
    const auto done = take_number(text);
    if (!done || !skip(text, "/")) return true;
    const auto total = take_number(text);
    if (!total) return true;
    const std::string phase(s.title);
    if (phase_ != phase) {
      phase_ = phase;
      done_ = bytes_ = 0;
      report_.phase(s.phase, *total);
    }
    if (*done > done_) report_.advance(*done - std::exchange(done_, *done));
    if (s.received && skip(text, "), ")) {
      const auto received = take_size(text);
      if (received && *received > bytes_) report_.add_bytes(*received - std::exchange(bytes_, *received));
    }
    return true;
  }
  return false;
}

std::string git_report::named(std::span<const std::string> asked) const {
  const std::string why = cause();
  const std::string* longest = nullptr;
  for (const std::string& name : asked)
    if (why.find(name) != std::string::npos && (longest == nullptr || name.size() > longest->size())) longest = &name;
  return longest != nullptr ? *longest : asked.empty() ? "" : asked.front();
}

// The messages of git as a client (also over plain files), of git as a server, and of JGit.
bool git_report::refuses_id(std::string_view asked) const {
  const std::string why = cause();
  const auto holds = [&](const std::string& words) { return why.find(words) != std::string::npos; };
  return holds("unadvertised object") || holds("not our ref") || (holds("want ") && holds(" not valid")) ||
         (is_hexadecimal(asked) && holds("Unable to find " + std::string(asked) + " under "));
}

// "dumb http transport does not support shallow capabilities", "Server does not support shallow clients", the same with
// "requests" in protocol version 2, and "server doesn't support shallow" of libgit2.
bool git_report::lacks_shallow() const { return cause().find("support shallow") != std::string::npos; }

// "mismatched algorithms: client sha1; server sha256" of git's connect.c, or of protocol versions before 2, whose
// servers have no other format than the one that is not ours, "Server does not support this repository's object format"
// of fetch-pack.c. A server of plain files announces no format: http-walker.c and rev-list name an id of its kind.
bool git_report::has_sha256() const {
  const std::string why = cause();
  return why.find("server sha256") != std::string::npos ||
         why.find("not support this repository's object format") != std::string::npos ||
         std::ranges::any_of(last_lines_, [](std::string_view line) {
           if (!skip(line, "Cannot obtain needed object ") && !skip(line, "fatal: bad revision '")) return false;
           return kind_of_digits(line.substr(0, line.find('\''))) == hash_kind::sha256;
         });
}

failure git_report::reason(std::string_view asked) const {
  const std::string name = printable(asked);
  std::string why = cause();
  if (why.find("find remote ref") != std::string::npos) {
    if (asked == "HEAD")
      return {blame::input, "its HEAD points to no commit (is it empty?); name a branch with --branch"};
    std::string text = name + ": no such branch or tag";
    if (asked.size() >= 4 && is_hexadecimal(asked)) text += "; over the network a commit needs all digits of its id";
    return {blame::input, text};
  }
  if (refuses_id(asked) && !kind_of_digits(asked) && !id_in(why).empty())
    return {blame::input, "the server lists " + std::string(id_in(why)) + ", but does not have it"};
  if (refuses_id(asked))
    return {blame::input,
            "commit " + name +
                " does not exist, or the server does not serve commits by id (uploadpack.allowAnySHA1InWant); "
                "name a branch or a tag that leads to it"};
  blame who = blame::environment;
  for (const known& k : kKnown) {
    if (why.find(k.holds) == std::string::npos) continue;
    who = k.who;
    const bool behind = k.shown.front() == ';' || k.shown.front() == ' ';
    why = behind ? why.append(k.shown) : std::string(k.shown);
    break;
  }
  if (!last_remote_.empty()) why += " (the server says: " + redacted(last_remote_) + ")";
  return {who, why};
}

std::string git_report::cause() const {
  const auto is_reason = [](std::string_view text) {
    return text.starts_with("fatal: ") || text.starts_with("error: ");
  };
  auto at = std::ranges::find_if(last_lines_, is_reason);
  if (at == last_lines_.end())
    return last_lines_.empty() ? "git failed without a message" : redacted(last_lines_.back());
  std::string_view text = std::string_view(*at).substr(7);
  std::string joined;
  if (text == kUnreadable && at != last_lines_.begin()) {
    // The message of ssh, which comes before; "user@host: Permission denied (publickey)." without its front.
    text = *std::prev(at);
    const auto colon = text.find(": ");
    if (colon != std::string_view::npos && text.substr(0, colon).find('@') != std::string_view::npos)
      text.remove_prefix(colon + 2);
  } else if (text.starts_with("unable to access '")) {
    const auto end = text.find("': ");
    if (end != std::string_view::npos) text.remove_prefix(end + 3);
  } else if (text.ends_with(':') && std::next(at) != last_lines_.end()) {
    joined = std::string(text) + " " + *std::next(at);
    text = joined;
  } else if (skip(text, "remote error: ")) {
    joined = "the server refuses: " + std::string(text);
    text = joined;
  }
  while (text.ends_with('.')) text.remove_suffix(1);
  return redacted(std::string(text));
}

std::string git_report::redacted(std::string text) const {
  // The URL may contain a query.
  replace_all(text, from_.url, from_.shown);
  // A user without a password may be a token; with one it is a name.
  const std::string secret = from_.password.value_or(from_.user.size() < kLeastToken ? "" : from_.user);
  replace_all(text, secret, "***");
  // Another URL: of a redirection, or one substituted by the user's configuration.
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
    at += 3;
    const auto end = std::min(text.find_first_of("/?# '\"", at), text.size());
    const auto user_end = std::string_view(text).substr(0, end).rfind('@');
    if (user_end != std::string_view::npos && user_end >= at) text.erase(at, user_end + 1 - at);
  }
  std::string out = printable(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  if (out.size() > kLongestShown) out.replace(kLongestShown, std::string::npos, "...");
  return out;
}

}  // namespace docteur
