#include "unikernel-example/application/options.hpp"

#include "host/image_digests.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "unikernel-example/application/http_authority.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/markup.hpp"
#include "unikernel-example/application/request_path.hpp"
#include "unikernel-example/application/virtual_hosts.hpp"

namespace docteur::cache_vm {
namespace {

struct word {
  std::string_view key;
  std::string_view value;
  bool has_value;
};

using setter = bool (*)(cache_options&, const word&);

struct known_word {
  std::string_view key;
  setter set;  // false: the value is invalid
};

template <class T>
[[nodiscard]] bool set_number(T& to, const word& w, std::uint64_t least, std::uint64_t most) {
  const auto v = parse_number(w.value);
  if (!w.has_value || !v || *v < least || *v > most) return false;
  to = static_cast<T>(*v);
  return true;
}

[[nodiscard]] bool set_flag(bool& to, const word& w) {
  to = !w.has_value || w.value == "1" || w.value == "yes";
  return !w.has_value || w.value == "1" || w.value == "yes" || w.value == "0" || w.value == "no";
}

[[nodiscard]] bool set_switch(bool& to, const word& w) {
  to = w.value != "off";
  return w.value == "off" || w.value == "on";
}

template <class T>
[[nodiscard]] bool set_endpoint(T& to, const word& w) {
  const auto e = parse_endpoint(w.value);
  if (e) to = *e;
  return e.has_value();
}

// "off", "on", or where.
[[nodiscard]] bool set_status(cache_options& to, const word& w) {
  to.status = w.value != "off";
  to.status_at.reset();
  return w.value == "off" || w.value == "on" || set_endpoint(to.status_at, w);
}

// "off", "on", or below which path.
[[nodiscard]] bool set_git(cache_options& to, const word& w) {
  to.git = w.value != "off";
  to.site.git_prefix.clear();
  if (w.value == "off" || w.value == "on") return true;
  const auto path = w.value.starts_with('/') ? parse_target(w.value) : std::nullopt;
  if (!path || path->path.empty() || !path->query.empty()) return false;
  to.site.git_prefix = path->path + "/";
  return true;
}

[[nodiscard]] bool set_html(cache_options& to, const word& w) {
  to.site.html = w.value == "off" ? clean_urls::off : w.value == "redirect" ? clean_urls::redirect : clean_urls::on;
  return w.value == "off" || w.value == "on" || w.value == "redirect";
}

[[nodiscard]] bool add_hosts(std::vector<std::string>& to, std::string_view names) {
  for (std::string_view rest = names; !rest.empty();) {
    std::string_view name = take_until(rest, ',');
    if (name.ends_with('.')) name.remove_suffix(1);
    const auto server = parse_authority(name);
    if (!server || server->host.empty() || server->host.size() < name.size()) return false;
    to.emplace_back(name);
  }
  return !names.empty();
}

// "NAME[,NAME]=DISK". What comes again with the same disk adds names to it.
[[nodiscard]] bool add_site(cache_options& o, const word& w) {
  const std::size_t equals = w.value.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view disk = w.value.substr(equals + 1);
  if (disk.empty() || disk == "none") return false;
  auto site = std::ranges::find(o.sites, disk, &named_site::disk);
  if (site == o.sites.end()) site = o.sites.insert(site, named_site{{}, std::string(disk)});
  return add_hosts(site->hosts, w.value.substr(0, equals));
}

// No host may lead to two images.
[[nodiscard]] outcome<void> check_sites(const cache_options& o) {
  virtual_hosts all;
  for (std::size_t i = 0; i < o.sites.size(); ++i)
    for (const std::string& host : o.sites[i].hosts)
      if (!all.add(host, i))
        return give_up(blame::usage, "site: " + terminal_line(host) + " is named for two disks (see help)");
  return {};
}

constexpr std::uint64_t kDay = 86'400;

constexpr std::array kWords{
    known_word{"beside", [](cache_options& o, const word& w) { return set_flag(o.site.beside, w); }},
    known_word{"cache",
               [](cache_options& o, const word& w) {
                 std::uint64_t n = 0;
                 if (!set_number(n, w, 0, std::uint64_t{1} << 40)) return false;
                 o.cache_bytes = n;
                 return true;
               }},
    known_word{"connections",
               [](cache_options& o, const word& w) {
                 return set_number(o.http.connections, w, 1, 1'000'000) && (o.connections_asked = true);
               }},
    known_word{"dictionaries",
               [](cache_options& o, const word& w) { return set_number(o.site.dictionary_s, w, 0, 365 * kDay); }},
    known_word{"digest",
               [](cache_options& o, const word& w) {
                 const auto digest = parse_digest(std::string(w.value), {});
                 if (digest) o.digests.push_back(*digest);
                 return digest.has_value();
               }},
    known_word{"disk",
               [](cache_options& o, const word& w) {
                 o.disk = w.value;
                 return !w.value.empty();
               }},
    known_word{"drain", [](cache_options& o, const word& w) { return set_number(o.drain_s, w, 0, kDay); }},
    known_word{"git", set_git},
    known_word{"host", [](cache_options& o, const word& w) { return add_hosts(o.site.hosts, w.value); }},
    known_word{"header-bytes",
               [](cache_options& o, const word& w) { return set_number(o.http.header_bytes, w, 1 << 10, 1 << 20); }},
    known_word{"header-fields", [](cache_options& o, const word& w) { return set_number(o.http.fields, w, 16, 4096); }},
    known_word{"help", [](cache_options& o, const word& w) { return set_flag(o.help, w); }},
    known_word{"html", set_html},
    known_word{"idle", [](cache_options& o, const word& w) { return set_number(o.http.idle_s, w, 1, kDay); }},
    known_word{"keep-alive", [](cache_options& o, const word& w) { return set_flag(o.http.tells_idle, w); }},
    known_word{"listen", [](cache_options& o, const word& w) { return set_endpoint(o.listen, w); }},
    known_word{"listing", [](cache_options& o, const word& w) { return set_flag(o.site.listing, w); }},
    // The name that a guest gives itself on its network, which the platform reads, too, is one of its own.
    known_word{"name",
               [](cache_options& o, const word& w) {
                 for (const std::string_view end : {"", ".local"})
                   o.site.hosts.push_back(std::string(w.value).append(end));
                 return true;
               }},
    known_word{"objects", [](cache_options& o, const word& w) { return set_switch(o.site.objects, w); }},
    known_word{"prefetch", [](cache_options& o, const word& w) { return set_flag(o.prefetch, w); }},
    known_word{"proofs", [](cache_options& o, const word& w) { return set_switch(o.proofs.emplace(), w); }},
    known_word{"ranges", [](cache_options& o, const word& w) { return set_number(o.http.ranges, w, 0, 65'536); }},
    known_word{"requests",
               [](cache_options& o, const word& w) { return set_number(o.http.requests, w, 1, 0xffffffff); }},
    known_word{"rules", [](cache_options& o, const word& w) { return set_switch(o.site.rules, w); }},
    known_word{"shell", [](cache_options& o, const word& w) { return set_endpoint(o.shell, w); }},
    known_word{"show",
               [](cache_options& o, const word& w) {
                 o.show = w.value;
                 return !w.value.empty();
               }},
    known_word{"site", add_site},
    known_word{"stall", [](cache_options& o, const word& w) { return set_number(o.http.stall_s, w, 1, kDay); }},
    known_word{"status", set_status},
    known_word{"time-out",
               [](cache_options& o, const word& w) {
                 return set_number(o.http.head_s, w, 1, kDay) && set_number(o.http.stall_s, w, 1, kDay);
               }},
    known_word{"versions", [](cache_options& o, const word& w) { return set_flag(o.site.versions, w); }},
};

constexpr std::array<std::string_view, 9> kOfThePlatform{
    "ip", "gateway", "netmask", "ip6", "gateway6", "mdns", "dns", "mac", "virtio_mmio.device"};

}  // namespace

std::optional<endpoint> parse_endpoint(std::string_view text) {
  if (text == "systemd" || (text.starts_with("unix:") && text.size() > 5)) return endpoint{std::string(text), 0};
  const std::size_t colon = text.rfind(':');
  std::string_view address = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  const auto port = parse_number(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  return endpoint{std::string(address), static_cast<std::uint16_t>(*port)};
}

outcome<cache_options> parse_words(std::span<const std::string_view> words) {
  cache_options out;
  for (const std::string_view text : words) {
    const std::size_t equals = text.find('=');
    const bool has_value = equals != std::string_view::npos;
    const word w{text.substr(0, equals), has_value ? text.substr(equals + 1) : std::string_view(), has_value};
    if (std::ranges::find(kOfThePlatform, w.key) != kOfThePlatform.end()) continue;
    const auto* known = std::ranges::find(kWords, w.key, &known_word::key);
    if (known == kWords.end()) return give_up(blame::usage, "unknown option: " + terminal_line(text) + " (see help)");
    if (!known->set(out, w)) return give_up(blame::usage, "bad value: " + terminal_line(text) + " (see help)");
  }
  DOCTEUR_CHECK(check_sites(out));
  // A clone has every object and its name.
  out.site.git = out.git.value_or(out.site.objects);
  // A proof has the names of all files in the folders on its way.
  out.site.proofs = out.proofs.value_or(out.site.objects);
  return out;
}

std::string_view words_help() noexcept {
  return "  beside                send FILE.br, FILE.zst and FILE.gz as coded forms of FILE\n"
         "  cache=BYTES           memory for content and bases of deltas (a quarter of the machine's, 64 MiB at most)\n"
         "  connections=N         clients at once (1024)\n"
         "  dictionaries=SECONDS  that browsers keep text for, as dictionaries of newer versions; not in a guest (0: "
         "off)\n"
         "  digest=sha256:HEX     only the image of this digest, or one of several; each block is compared\n"
         "  disk=NAME             the disk to mount: 0, 1, ..., module, none (the first)\n"
         "  drain=SECONDS         to finish responses after the process is asked to stop (10)\n"
         "  gateway=ADDRESS       a guest's router, for clients on other networks\n"
         "  gateway6=ADDRESS      the same for IPv6, with ip6=ADDRESS\n"
         "  git=on|off|/PREFIX    git clone http://HOST/, or http://HOST/PREFIX (as objects)\n"
         "  header-bytes=N        of a request's head (32768)\n"
         "  header-fields=N       of a request's head (256)\n"
         "  help                  print this and exit\n"
         "  host=NAME[,NAME]      names of this server, for /.docteur/; addresses and localhost always count\n"
         "  html=on|off|redirect  /page is page.html if there is no page; redirect: and /page.html leads there (on)\n"
         "  idle=SECONDS          between two requests (75)\n"
         "  ip=ADDRESS[/PREFIX]   a guest's address; by DHCP without it\n"
         "  ip6=ADDRESS[/PREFIX]|auto|off\n"
         "                        a guest's IPv6 address; auto: as routers advertise (off with ip=ADDRESS, else auto)\n"
         "  keep-alive            tell clients the idle time by the field Keep-Alive\n"
         "  listen=[ADDRESS:]PORT where HTTP is served (80)\n"
         "  listing               list directories without index.html\n"
         "  mdns=on|off           a guest answers to NAME.local (off)\n"
         "  name=NAME             a guest's name for the DHCP server, and for /.docteur/\n"
         "  netmask=MASK          instead of a prefix behind ip=ADDRESS\n"
         "  objects=on|off        /@oid/ID: any object by its id (on)\n"
         "  prefetch              read all files into the cache, as far as they fit\n"
         "  proofs=on|off         /.docteur/proof/PATH: proofs that files are in the commit (as objects)\n"
         "  ranges=N              in one request; one with more gets the whole file (1024)\n"
         "  requests=N            on one connection (10000)\n"
         "  rules=on|off          files _headers and _redirects are rules, and not served (on)\n"
         "  shell=[ADDRESS:]PORT  a shell for anyone who connects (off)\n"
         "  show=/PATH            print this file and exit\n"
         "  site=NAME[,NAME]=DISK serve this disk to requests for these hosts, *.NAME for all below NAME\n"
         "  stall=SECONDS         for a client to read 1 KiB, if not as time-out says\n"
         "  status=on|off|[ADDRESS:]PORT\n"
         "                        /.docteur/, status page and metrics: with the files, off, or only there (on)\n"
         "  time-out=SECONDS      to receive a request's head (15), and for a client to read 1 KiB (30)\n"
         "  versions              /NAME/PATH of each version of the image, a page and versions.json of them at /\n";
}

}  // namespace docteur::cache_vm
