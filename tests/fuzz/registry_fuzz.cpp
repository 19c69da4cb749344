// Property: whatever a registry or a file of credentials says, what is believed of a manifest is within bounds and can
// be written again; challenges are plain text and can be written again; every refusal is one printable line, and none
// has a part of a file of credentials.
#include <algorithm>
#include <string>

#include "base/printable.hpp"
#include "fuzz/property.hpp"
#include "remote/auth_challenge.hpp"
#include "remote/docker_config.hpp"
#include "remote/image_artifact.hpp"

namespace {

using namespace docteur;

void check_failure(const failure& why, blame who) {
  PROPERTY(why.who == who);
  PROPERTY(why.message.starts_with("it: "));
  PROPERTY(printable_line(why.message) == why.message);
}

bool is_same(const image_artifact& a, const image_artifact& b) {
  return a.layer == b.layer && a.size == b.size && a.image_digest == b.image_digest;
}

void check_manifest(std::string_view text) {
  const auto image = parse_artifact(text, "it");
  if (!image) return check_failure(image.error(), blame::input);
  PROPERTY(image->size > 0 && image->size <= std::uint64_t{1} << 42);
  PROPERTY(image->layer.kind() == hash_kind::sha256);
  PROPERTY(!image->image_digest || image->image_digest->kind() == hash_kind::sha256);
  const auto again = parse_artifact(artifact_manifest(*image, {"a.img", "2020-09-13T12:26:40Z", "12"}), "it");
  PROPERTY(again && is_same(*again, *image));
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && (c < 'A' || c > 'Z'); });
}

bool is_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

std::string in_quotes(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

void check_challenges(std::string_view text) {
  const auto all = parse_challenges(text);
  std::string written;
  for (const auto& [scheme, parameters] : all) {
    PROPERTY(is_name(scheme));
    written += ", " + scheme;
    for (const auto& [name, value] : parameters) {
      PROPERTY(is_name(name) && is_value(value));
      written += " , " + name + " = " + in_quotes(value);
    }
  }
  if (written.size() > 16 << 10) return;  // longer than any field that is read
  const auto again = parse_challenges(written);
  PROPERTY(again.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    PROPERTY(again[i].scheme == all[i].scheme && again[i].parameters == all[i].parameters);
}

void check_credentials(std::string_view text) {
  for (const char* place : {"example.org/team/site", "docker.io/library/site", "127.0.0.1:5000/a"}) {
    const auto found = stored_credentials(text, place, "it");
    if (!found) {
      check_failure(found.error(), blame::environment);
      PROPERTY(found.error().message == "it: not a JSON object with credentials for registries" ||
               found.error().message == "it: an entry \"auth\" is not user and password in base64");
    } else if (*found) {
      const registry_credentials& c = **found;
      PROPERTY(!c.user.empty() || !c.identity_token.empty() || !c.registry_token.empty());
    }
  }
}

}  // namespace

// Input: a line that says which of the three follows, then it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(fuzz_input(data, size));
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view rest = text.substr(std::min(end + 1, text.size()));
  if (text.starts_with("m")) check_manifest(rest);
  if (text.starts_with("w")) check_challenges(rest);
  if (text.starts_with("c")) check_credentials(rest);
  return 0;
}
