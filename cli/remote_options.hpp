#pragma once
// The options for images on servers; all commands that read an image have them. Hosted.

#include <CLI/CLI.hpp>

#include "remote/open_image_device.hpp"

namespace docteur::cli {

// What an argument that names an image may be, for --help.
inline constexpr const char* kImageHelp = "the image: a file, a block device, or a URL (http, https, oci)";

// Adds --ca-file, --token-file, --netrc, --plain-http, --timeout and --retries.
void add_request_options(CLI::App& app, http_options& http);
// Adds these and --connections.
void add_http_options(CLI::App& app, http_options& http);
// Adds these, --cache and --no-cache.
void add_remote_options(CLI::App& app, remote_options& options);

}  // namespace docteur::cli
