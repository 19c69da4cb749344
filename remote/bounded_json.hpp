#pragma once
// JSON from servers, programs and files of the user, of which nothing is believed. Hosted.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace docteur {

inline constexpr std::size_t kMostJson = std::size_t{4} << 20;  // bytes

// Parses `text` (RFC 8259). nullopt if it is not JSON, is longer than kMostJson, is nested deeper than 32, or has more
// than 100,000 values.
[[nodiscard]] std::optional<nlohmann::json> parse_json(std::string_view text);

// The member `name` of `object`, if that is an object and the member has this type; else nullptr or nullopt.
[[nodiscard]] const nlohmann::json* json_member(const nlohmann::json& object, const char* name);
[[nodiscard]] std::string json_text(const nlohmann::json& object, const char* name);  // empty: no string
[[nodiscard]] std::optional<std::uint64_t> json_number(const nlohmann::json& object, const char* name);

}  // namespace docteur
