#include "unikernel-example/application/version_rules.hpp"

#include <optional>
#include <string>

namespace docteur::cache_vm {
namespace {

constexpr std::uint64_t kBases = 1 << 20;  // bytes for bases of deltas

[[nodiscard]] bool is_fatal(const error& e) noexcept { return is_device_failure(e) || e.code == errc::out_of_memory; }

// The file's text. nullopt: it is not there, or faults say why it cannot be had.
result<std::optional<std::string>> read_file(image_reader& reader, const snapshot& in, std::string_view name,
                                             rule_faults& faults) {
  const auto wrong = [&](const char* what) {
    faults.add(name, 0, what);
    return std::optional<std::string>();
  };
  const auto n = reader.resolve(in, name);
  if (!n) {
    if (is_fatal(n.error())) return tl::make_unexpected(n.error());
    return n.error().code == errc::not_found ? std::optional<std::string>() : wrong(n.error().what);
  }
  if (!n->is_blob()) return std::optional<std::string>();  // a folder
  const auto size = reader.size(*n);
  if (!size && is_fatal(size.error())) return tl::make_unexpected(size.error());
  if (!size) return wrong(size.error().what);
  if (*size > rule_limits::kFileBytes) return wrong("more than 256 KiB; it has no effect");
  std::string text(static_cast<std::size_t>(*size), '\0');
  const auto read = reader.read(*n, {reinterpret_cast<std::byte*>(text.data()), text.size()});
  if (!read && is_fatal(read.error())) return tl::make_unexpected(read.error());
  if (!read) return wrong(read.error().what);
  return std::optional(std::move(text));
}

}  // namespace

result<std::unique_ptr<const version_rules>> load_rules(const image& of, const snapshot& in, const memory& from) {
  // Most images have none: then nothing is made.
  const auto has = [&in](std::string_view name) {
    const auto n = in.find(name);
    return n && n->kind != entry_kind::directory;
  };
  if (!has(header_rules::kFile) && !has(redirect_rules::kFile)) return std::unique_ptr<const version_rules>();
  auto rules = std::make_unique<version_rules>();
  DOCTEUR_TRY(reader, image_reader::make(of, from, kBases));
  DOCTEUR_TRY(headers, read_file(reader, in, header_rules::kFile, rules->faults));
  if (headers) rules->headers.parse(*headers, rules->faults);
  DOCTEUR_TRY(redirects, read_file(reader, in, redirect_rules::kFile, rules->faults));
  if (redirects) rules->redirects.parse(*redirects, rules->faults);
  return std::unique_ptr<const version_rules>(std::move(rules));
}

std::vector<std::string> version_rules::untold_faults() const {
  return is_told_.test_and_set() ? std::vector<std::string>() : fault_lines(faults);
}

std::vector<std::string> fault_lines(const rule_faults& faults) {
  std::vector<std::string> lines;
  for (const rule_fault& f : faults.kept())
    lines.push_back(std::string(f.file) + (f.line > 0 ? ", line " + std::to_string(f.line) : "") + ": " + f.what);
  if (const std::size_t more = faults.count() - faults.kept().size(); more > 0)
    lines.push_back("rules: " + std::to_string(more) + " more lines are wrong");
  return lines;
}

}  // namespace docteur::cache_vm
