#include "unikernel-example/platform/linux/access_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <initializer_list>

#include "cli/json.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

[[nodiscard]] bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Whether all of `text` is plain: sixteen bytes at a time, since most of a line is values.
[[nodiscard]] bool is_all_plain(std::string_view text) noexcept {
  using block = unsigned char __attribute__((vector_size(16)));
  if (text.size() < sizeof(block)) return std::ranges::all_of(text, is_plain);
  block odd{};
  const auto look_at = [&odd, text](std::size_t at) {
    block v;
    std::memcpy(&v, text.data() + at, sizeof v);
    odd |= reinterpret_cast<block>((v < 0x20) | (v >= 0x7f) | (v == '"') | (v == '\\'));
  };
  for (std::size_t at = 0; at + sizeof(block) <= text.size(); at += sizeof(block)) look_at(at);
  look_at(text.size() - sizeof(block));
  std::array<std::uint64_t, 2> any;
  std::memcpy(any.data(), &odd, sizeof odd);
  return (any[0] | any[1]) == 0;
}

// As nginx's escape=default: what is not printable ASCII, a quote and a backslash become "\xHH".
[[nodiscard]] std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto b = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      out += c;
    } else {
      out.append("\\x").append(1, digits[b >> 4]).append(1, digits[b & 15]);
    }
  }
  return out;
}

// A text as it stands between quotes. Most need no escape, and no memory.
class inner_text {
 public:
  inner_text(line_format format, std::string_view text) : view_(text) {
    if (is_all_plain(text)) {
      if (text.empty() && format != line_format::json) view_ = "-";
      return;
    }
    if (format == line_format::json) {
      made_ = cli::json_string(text);
      view_ = std::string_view(made_).substr(1, made_.size() - 2);
    } else {
      view_ = made_ = escaped(text);
    }
  }
  inner_text(const inner_text&) = delete;
  inner_text& operator=(const inner_text&) = delete;
  [[nodiscard]] std::string_view view() const noexcept { return view_; }

 private:
  std::string made_;
  std::string_view view_;
};

class number_text {
 public:
  explicit number_text(std::uint64_t n) noexcept
      : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), n).ptr) {}
  number_text(const number_text&) = delete;
  number_text& operator=(const number_text&) = delete;
  [[nodiscard]] std::string_view view() const noexcept {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 20> digits_;
  char* end_;
};

void append(std::initializer_list<std::string_view> pieces, std::string& out) {
  std::size_t size = out.size();
  for (const std::string_view piece : pieces) size += piece.size();
  std::size_t at = out.size();
  out.resize(size);
  for (const std::string_view piece : pieces) {
    if (!piece.empty()) std::memcpy(out.data() + at, piece.data(), piece.size());
    at += piece.size();
  }
}

}  // namespace

log_time make_log_time(std::int64_t seconds) {
  const std::time_t t = seconds;
  std::tm local{};
  if (localtime_r(&t, &local) == nullptr) gmtime_r(&t, &local);
  std::array<char, 64> text;
  log_time out;
  // Names of months are English in the C locale, which this process never leaves.
  out.common.assign(text.data(), std::strftime(text.data(), text.size(), "%d/%b/%Y:%H:%M:%S %z", &local));
  out.iso.assign(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &local));
  if (out.iso.size() > 2) out.iso.insert(out.iso.size() - 2, ":");
  return out;
}

void append_line(line_format format, const served_request& r, const log_time& when, std::string& out) {
  const inner_text line(format, r.line);
  const number_text status(static_cast<std::uint64_t>(r.status));
  const number_text bytes(r.body_bytes);
  if (format == line_format::common) {
    return append({r.peer, " - - [", when.common, "] \"", line.view(), "\" ", status.view(), " ", bytes.view(), "\n"},
                  out);
  }
  const inner_text referer(format, r.referer);
  const inner_text agent(format, r.user_agent);
  if (format == line_format::combined) {
    return append({r.peer, " - - [", when.common, "] \"", line.view(), "\" ", status.view(), " ", bytes.view(), " \"",
                   referer.view(), "\" \"", agent.view(), "\"\n"},
                  out);
  }
  const inner_text peer(format, r.peer);
  const inner_text host(format, r.host);
  const number_text duration(r.duration_ns / 1000);
  append({"{\"time\":\"", when.iso, "\",\"remote_addr\":\"", peer.view(), "\",\"request\":\"", line.view(),
          "\",\"host\":\"", host.view(), "\",\"status\":", status.view(), ",\"body_bytes_sent\":", bytes.view(),
          ",\"http_referer\":\"", referer.view(), "\",\"http_user_agent\":\"", agent.view(),
          "\",\"duration_us\":", duration.view(), "}\n"},
         out);
}

}  // namespace docteur::cache_vm::on_linux
