#include "remote/kept_upload.hpp"

#include <unistd.h>

#include <charconv>

#include "base/oid_text.hpp"
#include "host/cache/cache_folder.hpp"
#include "host/image_digests.hpp"
#include "remote/image_artifact.hpp"
#include "remote/kept_text.hpp"

namespace docteur {
namespace {

constexpr std::string_view kHead = "docteur upload 1\n";

}  // namespace

kept_upload::kept_upload(const std::optional<std::filesystem::path>& folder, const registry_name& name,
                         const oid& digest)
    : folder_(folder),
      file_(hex_text(registry_digest(name.registry + "/" + name.repository + "@" + digest_text(digest))) + ".upload") {}

std::optional<kept_upload::place> kept_upload::read() const {
  if (!folder_) return std::nullopt;
  const auto opened = cache_folder::open(*folder_, false);
  if (!opened) return std::nullopt;
  const auto text = read_kept(*opened, file_);
  if (!text || !text->starts_with(kHead) || !text->ends_with('\n')) return std::nullopt;
  const std::string_view lines = std::string_view(*text).substr(kHead.size(), text->size() - kHead.size() - 1);
  place kept;
  const auto [end, error] = std::from_chars(lines.data(), lines.data() + lines.size(), kept.chunk);
  if (error != std::errc{} || end == lines.data() + lines.size() || *end != '\n') return std::nullopt;
  kept.url = lines.substr(static_cast<std::size_t>(end - lines.data()) + 1);
  return kept;
}

void kept_upload::keep(const place& where) {
  if (!folder_) return;
  if (const auto opened = cache_folder::open(*folder_, true))
    (void)keep_text(*opened, file_, std::string(kHead) + std::to_string(where.chunk) + "\n" + where.url + "\n");
}

void kept_upload::forget() {
  if (!folder_) return;
  if (const auto opened = cache_folder::open(*folder_, false)) (void)::unlinkat(opened->get(), file_.c_str(), 0);
}

std::optional<std::filesystem::path> standard_upload_folder() {
  const auto images = cache_folder::standard();
  if (!images) return std::nullopt;
  return images->parent_path() / "uploads";
}

}  // namespace docteur
