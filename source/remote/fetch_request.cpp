#include "source/remote/fetch_request.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace docteur {
namespace {

// Each text follows its length.
void put(std::string& out, std::string_view text) {
  const std::uint64_t size = text.size();
  std::array<char, sizeof size> raw;
  std::memcpy(raw.data(), &size, sizeof size);
  out.append(raw.data(), raw.size()).append(text);
}

class text_reader {
 public:
  explicit text_reader(std::string_view all) : rest_(all) {}
  std::string next() {
    std::uint64_t size = 0;
    if (rest_.size() < sizeof size) return fail();
    std::memcpy(&size, rest_.data(), sizeof size);
    rest_.remove_prefix(sizeof size);
    if (rest_.size() < size) return fail();
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

 private:
  std::string fail() {
    good_ = false;
    return {};
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string encode(const fetch_request& request) {
  std::string out;
  const remote_address& from = request.from;
  put(out, std::to_string(static_cast<int>(from.by)));
  put(out, from.url);
  put(out, std::to_string(from.path_at));
  put(out, from.shown);
  put(out, from.user);
  put(out, from.password ? "1" : "");
  put(out, from.password.value_or(""));
  put(out, request.history ? "1" : "");
  put(out, request.repository);
  put(out, request.is_listing ? "1" : "");
  put(out, request.only_commits ? "1" : "");
  put(out, std::to_string(request.references.size()));
  for (const std::string& reference : request.references) put(out, reference);
  return out;
}

std::optional<fetch_request> decode_fetch_request(std::string_view text) {
  text_reader in(text);
  fetch_request out;
  const std::string by = in.next();
  out.from.url = in.next();
  const std::string path_at = in.next();
  out.from.shown = in.next();
  out.from.user = in.next();
  const bool has_password = !in.next().empty();
  std::string password = in.next();
  if (has_password) out.from.password = std::move(password);
  out.history = !in.next().empty();
  out.repository = in.next();
  out.is_listing = !in.next().empty();
  out.only_commits = !in.next().empty();
  const std::string references = in.next();
  while (in.good() && std::to_string(out.references.size()) != references) out.references.push_back(in.next());
  if (!in.done()) return std::nullopt;
  out.from.by = static_cast<transport>(std::stoi(by));
  out.from.path_at = std::stoul(path_at);
  return out;
}

}  // namespace docteur
