#pragma once
// The options for images on servers; all commands that read an image have them. Hosted.

#include "cli/command_line.hpp"
#include "remote/open_image_device.hpp"

namespace docteur::cli {

// What an argument that names an image may be, for --help.
inline constexpr const char* kImageHelp = "the image: a file, a block device, or a URL (http, https, oci)";

// How images are read, and what of them is fetched before it is needed.
struct reading_options : remote_options {
  std::string record;               // a file for the list of what was read; empty: none
  std::string prefetch;             // a file with such a list; empty: none
  std::uint64_t prefetch_rate = 0;  // bytes per second; 0: no bound
  std::string from;                 // an older image, for what the cache lacks; empty: none
};

// Adds --ca-file, --token-file, --netrc, --plain-http, --timeout and --retries.
void add_request_options(command_line& app, http_options& http);
// Adds these and --connections.
void add_http_options(command_line& app, http_options& http);
// Adds --cache, --no-cache and --cache-bound; trouble of the cache goes to stderr.
void add_cache_options(command_line& app, remote_options& options);
// Adds --from to `app`; `to`: what it was given.
option add_from_option(command_line& app, std::string& to);
// Adds all these, --from, --record, --prefetch and --prefetch-rate.
void add_reading_options(command_line& app, reading_options& options);

}  // namespace docteur::cli
