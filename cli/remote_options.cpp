#include "cli/remote_options.hpp"

#include <chrono>
#include <functional>

#include "cli/common.hpp"

namespace docteur::cli {

void add_request_options(command_line& app, http_options& http) {
  app.add_option("--ca-file", http.ca_file,
                 "authorities that https servers are checked with, in PEM (default: the system's)");
  app.add_option("--token-file", http.token_file, "a file with the bearer token that the server asks for");
  app.add_flag("--netrc", http.netrc, "take user and password from ~/.netrc");
  app.add_flag("--plain-http", http.plain_http, "speak to a registry (oci://) by http");
  const auto set_timeout = [&http](unsigned seconds) { http.stall_timeout = std::chrono::seconds(seconds); };
  app.add_option("--timeout", set_timeout,
                 "seconds until a server that sends nothing is given up for this try (default: 30)")
      .in_range(1, 3600);
  app.add_option("--retries", http.retries, "further tries of a request that failed (default: 6)").in_range(0, 100);
}

void add_http_options(command_line& app, http_options& http) {
  add_request_options(app, http);
  app.add_option("--connections", http.connections, "requests in flight (default: 6)").in_range(1, 64);
}

void add_cache_options(command_line& app, remote_options& options) {
  app.add_option("--cache", options.cache,
                 "keep what is read in this folder (default, for URLs: ~/.cache/docteur/images)")
      .excludes(app.add_flag("--no-cache", options.no_cache, "keep nothing"));
  app.add_option("--cache-bound", options.cache_bound,
                 "bytes that all images in the cache may take, with a unit: 512M, 2G (default: 10G)")
      .with_unit();
  options.tell = [program = app.program()](const std::string& line) { say(program, line); };
}

option add_from_option(command_line& app, std::string& to) {
  return app.add_option("--from", to, "an older image: what it has too is kept in the cache without being fetched");
}

void add_reading_options(command_line& app, reading_options& options) {
  add_http_options(app, options.http);
  add_cache_options(app, options);
  add_from_option(app, options.from).excludes(app.find("--no-cache"));
  app.add_option("--record", options.record, "write the list of the blocks that were read to this file");
  const option list = app.add_option("--prefetch", options.prefetch,
                                     "fetch the blocks of this list, which --record wrote, in the background");
  app.add_option("--prefetch-rate", options.prefetch_rate, "bytes per second for that, with a unit (default: no bound)")
      .with_unit()
      .needs(list);
}

}  // namespace docteur::cli
