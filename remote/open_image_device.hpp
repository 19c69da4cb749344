#pragma once
// Opens an image by its name, wherever it lies: the one place where commands go from a name to a device. Hosted.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "host/cache/block_cache.hpp"
#include "host/content_source.hpp"
#include "host/image_device.hpp"
#include "object/failure.hpp"
#include "remote/http_options.hpp"

namespace docteur {

struct remote_options {
  http_options http;
  // The folder of the cache of blocks. Empty: cache_folder::standard() for images on servers, if there is one, and no
  // cache for files and devices.
  std::string cache;
  bool no_cache = false;
  std::shared_ptr<content_source> source;  // asked before the server, for what the cache lacks; nullptr: nobody
  std::uint64_t cache_bound = block_cache_options{}.bound;  // bytes on disk of all images in the cache
  // Gets one printable line, once, if the cache does not work, and once if it was damaged (block_cache_options::tell).
  std::function<void(const std::string&)> tell;
};

// Whether `name` is a URL (http://, https://) or names an image in a registry (oci://).
[[nodiscard]] bool is_on_server(const std::string& name);
// `name`: as for is_on_server(), else a file or a block device. Where there is a cache, blocks that it has are read
// from it. If it has a version of a URL or of a name in a registry and the server cannot be reached, that version is
// opened. The standard folder is done without if it cannot be used, a folder that was named is not. An image on a file
// or device needs a digest to be kept, because nothing else names its content. Without a cache options.source, which
// must outlive the device, is not asked. Fails as http_device::open(),
// find_registry_image(), file_device::open() and cached_image::open() do.
[[nodiscard]] outcome<std::unique_ptr<image_device>> open_image_device(const std::string& name,
                                                                       const remote_options& options);
// `name` for messages: printable, a URL without user, password and query, a name in a registry with its tag.
[[nodiscard]] std::string shown_image(const std::string& name);

}  // namespace docteur
