#include "remote/bounded_json.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostValues = 100'000;

// Counts without building anything; whether it is JSON is for the parser to say.
bool is_bounded(std::string_view text) {
  std::size_t depth = 0, values = 0;
  bool is_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_string) {
      if (c == '\\') ++i;
      is_string = c != '"';
      continue;
    }
    is_string = c == '"';
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == ',' || c == '[' || c == '{') ++values;
    if (depth > kMostDepth || values > kMostValues) return false;
  }
  return true;
}

}  // namespace

std::optional<nlohmann::json> parse_json(std::string_view text) {
  if (text.size() > kMostJson || !is_bounded(text)) return std::nullopt;
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

const nlohmann::json* json_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string json_text(const nlohmann::json& object, const char* name) {
  const nlohmann::json* const found = json_member(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> json_number(const nlohmann::json& object, const char* name) {
  const nlohmann::json* const found = json_member(object, name);
  if (found == nullptr || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

}  // namespace docteur
