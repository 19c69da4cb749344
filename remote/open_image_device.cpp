#include "remote/open_image_device.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>

#include "base/printable.hpp"
#include "host/image_digests.hpp"
#include "host/local_image.hpp"
#include "object/result.hpp"
#include "remote/cached_image.hpp"
#include "remote/http_access.hpp"
#include "remote/http_device.hpp"
#include "remote/registry_image.hpp"

namespace docteur {
namespace {

// How long an unreachable server delays the start from a cache.
constexpr std::chrono::milliseconds kShortConnect{5'000};
constexpr std::chrono::seconds kShortStall{10};
// Of an image in a registry, asked for at once: what http_device::open() asks a web server for.
constexpr std::uint64_t kFirstBytes = 64 << 10;

// Whether the server still has that version of the image. unavailable: it cannot be asked.
result<done> ask_for(const std::string& url, http_options http, const cached_version& version) {
  http.retries = std::min(http.retries, 1u);
  http.connect_timeout = std::min(http.connect_timeout, kShortConnect);
  http.stall_timeout = std::min(http.stall_timeout, kShortStall);
  const auto device = http_device::pinned(url, http, version.size, version.identity);
  if (!device) return fail(errc::malformed, 0, "not a version of an image");
  std::array<std::byte, 1> first{};
  return read_exactly((*device)->view(), 0, first);
}

// The cache of an image, and who is asked for what it lacks.
struct keeping {
  block_cache_options cache;
  content_source* source;

  // `name`, `identity`: as for cached_image::open().
  [[nodiscard]] outcome<std::unique_ptr<image_device>> open(const std::string& name, const std::string& identity,
                                                            std::unique_ptr<image_device> below) const {
    if (source != nullptr) below = source->over(std::move(below));
    DOCTEUR_TRY(kept, cached_image::open(cache, name, identity, std::move(below)));
    if (source != nullptr && kept->keeps() && !kept->is_whole()) source->learn(kept->view());
    return kept;
  }
};

outcome<std::unique_ptr<image_device>> open_url(const std::string& url, const http_options& http, const keeping& kept) {
  DOCTEUR_TRY(address, parse_http_url(url));
  const std::string& name = address.shown;  // a query may hold a secret that lasts an hour
  if (const auto known = block_cache::find(kept.cache, name)) {
    const auto asked = ask_for(url, http, *known);
    if (asked || asked.error().code == errc::unavailable) {
      DOCTEUR_TRY(later, http_device::pinned(url, http, known->size, known->identity));
      return kept.open(name, known->identity, std::move(later));
    }
  }
  DOCTEUR_TRY(device, http_device::open(url, http));
  const std::string identity = device->identity();
  return kept.open(name, identity, std::move(device));
}

outcome<std::unique_ptr<image_device>> open_in_registry(const std::string& name, const http_options& http,
                                                        const keeping& kept, bool is_kept) {
  const progress never_stops;
  DOCTEUR_TRY(found,
              find_registry_image(name, http, is_kept ? kept.cache.folder : std::filesystem::path(), never_stops));
  DOCTEUR_TRY(device, http_device::pinned(std::move(found.origin), http));
  std::unique_ptr<image_device> image = std::move(device);
  if (is_kept) {
    const std::string identity = image->identity();
    DOCTEUR_TRY(opened, kept.open(found.cache_name, identity, std::move(image)));
    image = std::move(opened);
  }
  image->prefetch(0, kFirstBytes);
  return image;
}

outcome<std::unique_ptr<image_device>> open_file(const std::string& path, const keeping& kept) {
  DOCTEUR_TRY(file, open_local_image(path));
  const auto digests = image_digests::load(file->view());
  if (!digests) return give_up(blame::usage, printable(path) + ": --cache: an image without a digest cannot be kept");
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(path, ignored);
  return kept.open(real.native(), digest_text(digests->digest()), std::move(file));
}

// Empty if there is none.
std::filesystem::path usable_standard_folder(const remote_options& options) {
  auto standard = cache_folder::standard();
  if (!standard) return {};
  const auto folder = cache_folder::open(*standard, true);
  if (folder) return std::move(*standard);
  if (options.tell) options.tell("cache: " + folder.error().message + "; going on without keeping what is read");
  return {};
}

}  // namespace

outcome<std::unique_ptr<image_device>> open_image_device(const std::string& name, const remote_options& options) {
  const bool is_url = is_on_server(name);
  block_cache_options cache;
  cache.folder = options.cache;
  cache.bound = options.cache_bound;
  cache.tell = options.tell;
  if (is_url && options.cache.empty() && !options.no_cache) cache.folder = usable_standard_folder(options);
  const bool is_kept = !options.no_cache && !cache.folder.empty();
  const keeping kept{cache, options.source.get()};
  if (!is_url) return is_kept ? open_file(name, kept) : open_local_image(name);
  if (is_registry_name(name)) return open_in_registry(name, options.http, kept, is_kept);
  if (is_kept) return open_url(name, options.http, kept);
  DOCTEUR_TRY(device, http_device::open(name, options.http));
  return device;
}

bool is_on_server(const std::string& name) { return is_http_url(name) || is_registry_name(name); }

std::string shown_image(const std::string& name) {
  if (is_registry_name(name)) {
    const auto parsed = parse_registry_name(name);
    return parsed ? printable(parsed->shown) : "the image's name";
  }
  if (!is_http_url(name)) return printable(name);
  const auto address = parse_http_url(name);
  return address ? printable(address->shown) : "the image's address";
}

}  // namespace docteur
