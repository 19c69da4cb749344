#include "cli/remote_options.hpp"

#include <chrono>
#include <functional>

#include "cli/common.hpp"

namespace docteur::cli {

void add_request_options(CLI::App& app, http_options& http) {
  app.add_option("--ca-file", http.ca_file,
                 "authorities that https servers are checked with, in PEM (default: the system's)");
  app.add_option("--token-file", http.token_file, "a file with the bearer token that the server asks for");
  app.add_flag("--netrc", http.netrc, "take user and password from ~/.netrc");
  app.add_flag("--plain-http", http.plain_http, "speak to a registry (oci://) by http");
  const auto set_timeout = [&http](unsigned seconds) { http.stall_timeout = std::chrono::seconds(seconds); };
  app.add_option_function<unsigned>("--timeout", set_timeout,
                                    "seconds until a server that sends nothing is given up for this try (default: 30)")
      ->check(CLI::Range(1u, 3600u));
  app.add_option("--retries", http.retries, "further tries of a request that failed (default: 6)")
      ->check(CLI::Range(0u, 100u));
}

void add_http_options(CLI::App& app, http_options& http) {
  add_request_options(app, http);
  app.add_option("--connections", http.connections, "requests in flight (default: 6)")->check(CLI::Range(1u, 64u));
}

void add_cache_options(CLI::App& app, remote_options& options) {
  app.add_option("--cache", options.cache,
                 "keep what is read in this folder (default, for URLs: ~/.cache/docteur/images)")
      ->excludes(app.add_flag("--no-cache", options.no_cache, "keep nothing"));
  app.add_option("--cache-bound", options.cache_bound,
                 "bytes that all images in the cache may take, with a unit: 512M, 2G (default: 10G)")
      ->transform(CLI::AsSizeValue(false).description(""));
  options.tell = [program = app.get_name()](const std::string& line) { say(program, line); };
}

CLI::Option* add_from_option(CLI::App& app, std::string& to) {
  return app.add_option("--from", to, "an older image: what it has too is kept in the cache without being fetched");
}

void add_reading_options(CLI::App& app, reading_options& options) {
  add_http_options(app, options.http);
  add_cache_options(app, options);
  add_from_option(app, options.from)->excludes(app.get_option("--no-cache"));
  app.add_option("--record", options.record, "write the list of the blocks that were read to this file");
  const auto list = app.add_option("--prefetch", options.prefetch,
                                   "fetch the blocks of this list, which --record wrote, in the background");
  app.add_option("--prefetch-rate", options.prefetch_rate, "bytes per second for that, with a unit (default: no bound)")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->needs(list);
}

}  // namespace docteur::cli
