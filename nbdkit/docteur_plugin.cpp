// A plugin for nbdkit (nbdkit-plugin(3)) that exports the bytes of an image as a read-only disk: from a file or a web
// server, through the cache of blocks, compared with the image's digest. What nbdkit has itself is left to it: TLS,
// throttling, other protocols.

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/printable.hpp"
#include "host/checked_device.hpp"
#include "host/describe.hpp"
#include "host/opened_image.hpp"
#include "object/result.hpp"
#include "remote/open_image_device.hpp"

namespace docteur {
namespace {

// The words of the command line.
struct settings {
  std::string image;
  std::optional<oid> digest;
  remote_options remote;
};

// The image, opened once for all connections.
struct exported {
  std::string shown;
  std::unique_ptr<image_device> disk;
  std::optional<checked_device> checked;  // over disk

  [[nodiscard]] device view() const { return checked ? checked->view() : disk->view(); }
};

settings the_settings;
std::unique_ptr<exported> the_export;

int refuse(const std::string& why) {
  nbdkit_error("%s", printable_line(why).c_str());
  return -1;
}

// nbdkit is written in C: no exception may leave a callback.
template <class F>
int guarded(const F& f) noexcept {
  try {
    return f();
  } catch (const std::exception& e) {
    nbdkit_error("%s", e.what());
    return -1;
  }
}

int set_flag(const char* value, bool& to) {
  const int parsed = nbdkit_parse_bool(value);
  if (parsed == -1) return -1;
  to = parsed != 0;
  return 0;
}

int set_number(const char* key, const char* value, unsigned least, unsigned most, unsigned& to) {
  if (nbdkit_parse_unsigned(key, value, &to) == -1) return -1;
  if (to >= least && to <= most) return 0;
  return refuse(std::string(key) + ": not from " + std::to_string(least) + " to " + std::to_string(most));
}

int set_size(const char* value, std::uint64_t& to) {
  const std::int64_t parsed = nbdkit_parse_size(value);
  if (parsed < 0) return -1;
  to = static_cast<std::uint64_t>(parsed);
  return 0;
}

// A file that is named on the command line; nbdkit changes its working directory.
int set_path(const char* value, std::string& to) {
  const std::unique_ptr<char, decltype(&std::free)> absolute(nbdkit_absolute_path(value), &std::free);
  if (!absolute) return -1;
  to = absolute.get();
  return 0;
}

int set(std::string_view key, const char* value) {
  http_options& http = the_settings.remote.http;
  if (key == "image") {
    the_settings.image = value;
    if (value[0] == '\0') return refuse("image: the name is empty");
    return std::string_view(value).find("://") == std::string_view::npos ? set_path(value, the_settings.image) : 0;
  }
  if (key == "digest") {
    const auto digest = parse_digest(value, "digest");
    if (!digest) return refuse(digest.error().message);
    the_settings.digest = *digest;
    return 0;
  }
  if (key == "cache") return set_path(value, the_settings.remote.cache);
  if (key == "no-cache") return set_flag(value, the_settings.remote.no_cache);
  if (key == "cache-bound") return set_size(value, the_settings.remote.cache_bound);
  if (key == "ca-file") return set_path(value, http.ca_file);
  if (key == "token-file") return set_path(value, http.token_file);
  if (key == "netrc") return set_flag(value, http.netrc);
  if (key == "plain-http") return set_flag(value, http.plain_http);
  if (key == "retries") return set_number("retries", value, 0, 100, http.retries);
  if (key == "connections") return set_number("connections", value, 1, 64, http.connections);
  if (key == "timeout") {
    unsigned seconds = 0;
    if (set_number("timeout", value, 1, 3600, seconds) == -1) return -1;
    http.stall_timeout = std::chrono::seconds(seconds);
    return 0;
  }
  return refuse("unknown parameter: " + std::string(key));
}

int config(const char* key, const char* value) {
  return guarded([&] { return set(key, value); });
}

int config_complete() { return the_settings.image.empty() ? refuse("image=FILE-OR-URL is missing") : 0; }

outcome<std::unique_ptr<exported>> open_export() {
  auto opened = std::make_unique<exported>();
  opened->shown = shown_image(the_settings.image);
  the_settings.remote.tell = [](const std::string& line) { nbdkit_error("%s", line.c_str()); };
  DOCTEUR_TRY(disk, open_image_device(the_settings.image, the_settings.remote));
  opened->disk = std::move(disk);
  DOCTEUR_TRY(demanded, demanded_of(the_settings.digest, opened->disk->demanded_digest(), opened->shown));
  if (!demanded) return opened;
  auto pinned = load_pinned(opened->disk->view(), {&*demanded, 1}, opened->shown);
  if (!pinned) return tl::make_unexpected(with_cause(std::move(pinned.error()), *opened->disk));
  opened->checked.emplace(opened->disk->view(), std::move(*pinned));
  return opened;
}

// The device may have threads, which a fork would lose.
int after_fork() {
  return guarded([] {
    auto opened = open_export();
    if (!opened) return refuse(opened.error().message);
    the_export = std::move(*opened);
    return 0;
  });
}

void* open(int) { return NBDKIT_HANDLE_NOT_NEEDED; }

std::int64_t get_size(void*) { return static_cast<std::int64_t>(the_export->view().size); }

int pread(void*, void* buffer, std::uint32_t count, std::uint64_t offset, std::uint32_t) {
  return guarded([&] {
    const auto read = read_exactly(the_export->view(), offset, {static_cast<std::byte*>(buffer), count});
    if (read) return 0;
    nbdkit_set_error(read.error().code == errc::out_of_memory ? ENOMEM : EIO);
    return refuse(with_cause(describe(read.error(), the_export->shown), *the_export->disk).message);
  });
}

int prefetch(void*, std::uint32_t count, std::uint64_t offset, std::uint32_t) {
  the_export->disk->prefetch(offset, count);
  return 0;
}

nbdkit_plugin plugin() {
  nbdkit_plugin p{};
  p.name = "docteur";
  p.version = DOCTEUR_VERSION;
  p.longname = "docteur image";
  p.description = "Exports a docteur image, from a file or a web server, as a read-only disk.";
  p.magic_config_key = "image";
  p.config = config;
  p.config_complete = config_complete;
  p.config_help =
      "[image=]<FILE|URL>     (required) the image: a file, a block device, or a URL (http, https, oci)\n"
      "digest=sha256:<HEX>    only the image of this digest; each block is compared\n"
      "cache=<DIR>            keep what is read in this folder (for URLs: ~/.cache/docteur/images)\n"
      "no-cache=true          keep nothing\n"
      "ca-file=<FILE>, token-file=<FILE>, netrc=true, plain-http=true, timeout=<SECONDS>,\n"
      "retries=<N>, connections=<N>\n"
      "                       as for docteur-cat(1)";
  p.after_fork = after_fork;
  p.unload = [] { the_export.reset(); };
  p.open = open;
  p.get_size = get_size;
  p.can_multi_conn = [](void*) { return 1; };
  p.can_cache = [](void*) { return static_cast<int>(NBDKIT_CACHE_NATIVE); };
  p.block_size = [](void*, std::uint32_t* least, std::uint32_t* preferred, std::uint32_t* most) {
    *least = 1;
    *preferred = 64 << 10;
    *most = 0xffffffff;
    return 0;
  };
  p.pread = pread;
  p.cache = prefetch;
  p.errno_is_preserved = 0;
  return p;
}

nbdkit_plugin the_plugin = plugin();

}  // namespace
}  // namespace docteur

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL
NBDKIT_REGISTER_PLUGIN(docteur::the_plugin)
