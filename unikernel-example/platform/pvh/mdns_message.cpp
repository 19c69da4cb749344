#include "unikernel-example/platform/pvh/mdns_message.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "unikernel-example/platform/pvh/dns_name.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::size_t kHeader = 12;  // RFC 1035, section 4.1.1

// RFC 1035, 3.2.2; RFC 3596; RFC 2782; RFC 4034
enum type : std::uint16_t { a = 1, ptr = 12, txt = 16, aaaa = 28, srv = 33, nsec = 47, any = 255 };
constexpr std::uint16_t kInternet = 1;
constexpr std::uint16_t kTopBit = 0x8000;  // of a question: answer me alone; of a record: there is no other (10.2)
constexpr std::uint16_t kResponse = 0x8400;
constexpr std::uint32_t kHostLife = 120, kOtherLife = 4500;  // s (section 10)
constexpr std::uint32_t kLegacyLife = 10;                    // section 6.7

struct names {
  dns_name kinds{"_services._dns-sd._udp.local"};
  dns_name kind{"_http._tcp.local"};
  dns_name site, host;
  explicit names(std::string_view name) : site(name, kind), host(name, dns_name("local")) {}
};

struct record {
  dns_name name;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  std::uint32_t life = 0;
  bytes data;          // as in the message
  std::size_t at = 0;  // of `data` in the message
};

class reader {
 public:
  explicit reader(bytes message) noexcept : message_(message) {}
  [[nodiscard]] std::uint16_t header(std::size_t field) const noexcept {
    return load_be<std::uint16_t>(message_.data() + 2 * field);
  }
  [[nodiscard]] bool is_whole_header() const noexcept { return message_.size() >= kHeader; }

  [[nodiscard]] std::optional<record> question() noexcept {
    record r;
    const auto name = read_dns_name(message_, at_);
    if (!name || message_.size() - at_ < 4) return std::nullopt;
    r.name = *name;
    r.type = load_be<std::uint16_t>(message_.data() + at_);
    r.klass = load_be<std::uint16_t>(message_.data() + at_ + 2);
    at_ += 4;
    return r;
  }
  [[nodiscard]] std::optional<record> next() noexcept {
    auto r = question();
    if (!r || message_.size() - at_ < 6) return std::nullopt;
    r->life = load_be<std::uint32_t>(message_.data() + at_);
    const std::size_t size = load_be<std::uint16_t>(message_.data() + at_ + 4);
    at_ += 6;
    if (size > message_.size() - at_) return std::nullopt;
    r->at = at_;
    r->data = message_.subspan(at_, size);
    at_ += size;
    return r;
  }
  // The name that the data of a record begins with at its byte `from`.
  [[nodiscard]] std::optional<dns_name> name_in(const record& r, std::size_t from) const noexcept {
    std::size_t at = r.at + from;
    return from < r.data.size() ? read_dns_name(message_, at) : std::nullopt;
  }

 private:
  bytes message_;
  std::size_t at_ = kHeader;
};

class writer {
 public:
  writer(std::uint16_t id, std::uint16_t flags) : out_(kHeader) {
    store_be(out_.data(), id);
    store_be(out_.data() + 2, flags);
  }
  void question(const dns_name& name, std::uint16_t t, std::uint16_t klass) {
    add(name.wire());
    add16(t);
    add16(klass);
    count(0);
  }
  // `section`: 1 answers, 2 authority, 3 additional records.
  template <class Data>
  void put(unsigned section, const dns_name& name, std::uint16_t t, std::uint32_t life, const Data& data) {
    const bool is_shared = t == ptr;
    add(name.wire());
    add16(t);
    add16(static_cast<std::uint16_t>(kInternet | (is_shared || is_legacy || section == 2 ? 0 : kTopBit)));
    add16(static_cast<std::uint16_t>(0));
    add16(static_cast<std::uint16_t>(is_legacy ? std::min(life, kLegacyLife) : life));
    const std::size_t at = out_.size();
    add16(0);
    data();
    store_be(out_.data() + at, static_cast<std::uint16_t>(out_.size() - at - 2));
    count(section);
  }
  void add(bytes b) { out_.insert(out_.end(), b.begin(), b.end()); }
  void add16(std::uint16_t v) {
    out_.push_back(static_cast<std::byte>(v >> 8));
    out_.push_back(static_cast<std::byte>(v));
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(out_); }

  bool is_legacy = false;

 private:
  void count(unsigned section) {
    std::byte* const at = out_.data() + 4 + 2 * section;
    store_be(at, static_cast<std::uint16_t>(load_be<std::uint16_t>(at) + 1));
  }
  std::vector<std::byte> out_;
};

std::array<std::byte, 4> to_bytes(std::uint32_t ip4) {
  std::array<std::byte, 4> out;
  store_be(out.data(), ip4);
  return out;
}

bytes view(const ip6_address& address) { return std::as_bytes(std::span(address)); }

void put_addresses(writer& w, unsigned section, const names& n, const mdns_facts& f) {
  if (f.ip4) w.put(section, n.host, a, kHostLife, [&] { w.add(to_bytes(*f.ip4)); });
  for (const ip6_address& address : f.ip6) w.put(section, n.host, aaaa, kHostLife, [&] { w.add(view(address)); });
}

// Which of the two kinds of addresses there are (RFC 4034, section 4): whoever asks for the other need not wait.
void put_nsec(writer& w, unsigned section, const names& n, const mdns_facts& f) {
  w.put(section, n.host, nsec, kHostLife, [&] {
    w.add(n.host.wire());
    std::array<std::byte, 6> bits{};
    bits[1] = std::byte{4};  // bytes behind
    bits[2] = std::byte(f.ip4 ? 0x80 >> a : 0);
    bits[5] = std::byte(f.ip6.empty() ? 0 : 0x80 >> aaaa % 8);
    w.add(bits);
  });
}

void put_site(writer& w, unsigned section, const names& n, const mdns_facts& f, unsigned records) {
  if ((records & mdns_srv) != 0)
    w.put(section, n.site, srv, kHostLife, [&] {
      for (const std::uint16_t v : {std::uint16_t{0}, std::uint16_t{0}, f.port}) w.add16(v);  // priority, weight
      w.add(n.host.wire());
    });
  if ((records & mdns_txt) != 0) w.put(section, n.site, txt, kOtherLife, [&] { w.add(std::array{std::byte{0}}); });
  if ((records & mdns_site) != 0) w.put(section, n.kind, ptr, kOtherLife, [&] { w.add(n.site.wire()); });
  if ((records & mdns_kind) != 0) w.put(section, n.kinds, ptr, kOtherLife, [&] { w.add(n.kind.wire()); });
}

// The records that answer a question.
unsigned wanted_by(const record& q, const names& n) {
  if ((q.klass & ~kTopBit) != kInternet && (q.klass & ~kTopBit) != any) return 0;
  const auto is = [&q](std::uint16_t t) { return q.type == t || q.type == any; };
  unsigned out = 0;
  if (q.name == n.host && (is(a) || is(aaaa))) out |= mdns_host;
  if (q.name == n.site && is(srv)) out |= mdns_srv;
  if (q.name == n.site && is(txt)) out |= mdns_txt;
  if (q.name == n.kind && is(ptr)) out |= mdns_site;
  if (q.name == n.kinds && is(ptr)) out |= mdns_kind;
  return out;
}

bool is_ours(const record& r, const mdns_facts& f) {
  if (r.type == a) return f.ip4 && std::ranges::equal(r.data, to_bytes(*f.ip4));
  return r.type == aaaa &&
         std::ranges::any_of(f.ip6, [&](const ip6_address& x) { return std::ranges::equal(r.data, view(x)); });
}

// The records that the sender of a query knows for at least half of their life.
unsigned known_by_sender(reader& in, const names& n, const mdns_facts& f) {
  unsigned out = 0;
  std::size_t addresses = 0;
  for (unsigned left = in.header(3); left > 0; --left) {
    const auto r = in.next();
    if (!r) break;
    if (r->type == ptr && r->life >= kOtherLife / 2) {
      const auto target = in.name_in(*r, 0);
      if (r->name == n.kind && target == n.site) out |= mdns_site;
      if (r->name == n.kinds && target == n.kind) out |= mdns_kind;
    }
    if (r->name == n.host && r->life >= kHostLife / 2 && is_ours(*r, f)) ++addresses;
  }
  const std::size_t all = f.ip6.size() + (f.ip4 ? 1 : 0);
  return all > 0 && addresses >= all ? out | mdns_host : out;
}

}  // namespace

mdns_answer answer_mdns(bytes query, const mdns_facts& facts, bool is_legacy, unsigned may_say) {
  constexpr unsigned kMostQuestions = 64;
  reader in(query);
  if (!in.is_whole_header() || (in.header(1) & 0xf800) != 0 || in.header(2) > kMostQuestions) return {};
  const names n(facts.name);
  unsigned wanted = 0;
  bool lacks_address = false, alone = true;
  record first;
  for (unsigned left = in.header(2); left > 0; --left) {
    const auto q = in.question();
    if (!q) return {};
    const unsigned more = wanted_by(*q, n);
    if (more == 0) continue;
    if (wanted == 0) first = *q;
    wanted |= more;
    if ((q->klass & kTopBit) == 0) alone = false;
    if ((more & mdns_host) != 0 && ((q->type == a && !facts.ip4) || (q->type == aaaa && facts.ip6.empty())))
      lacks_address = true;
  }
  if (wanted == 0) return {};
  if (!is_legacy) wanted &= ~known_by_sender(in, n, facts);
  mdns_answer out;
  out.to_sender = is_legacy || alone;
  if (!out.to_sender) wanted &= may_say;
  if (wanted == 0) return {};
  writer w(is_legacy ? in.header(0) : std::uint16_t{0}, kResponse);
  w.is_legacy = is_legacy;
  if (is_legacy) w.question(first.name, first.type, kInternet);
  put_site(w, 1, n, facts, wanted);
  if ((wanted & mdns_host) != 0) put_addresses(w, 1, n, facts);
  if (lacks_address) put_nsec(w, facts.ip4 || !facts.ip6.empty() ? 3 : 1, n, facts);
  // What the sender would ask next (RFC 6763, section 12).
  if ((wanted & mdns_site) != 0) put_site(w, 3, n, facts, (mdns_srv | mdns_txt) & ~wanted);
  if ((wanted & (mdns_site | mdns_srv)) != 0 && (wanted & mdns_host) == 0) put_addresses(w, 3, n, facts);
  out.records = wanted;
  out.message = w.take();
  return out;
}

std::vector<std::byte> mdns_probe(const mdns_facts& facts) {
  const names n(facts.name);
  writer w(0, 0);
  for (const dns_name& name : {n.host, n.site}) w.question(name, any, kInternet | kTopBit);
  put_addresses(w, 2, n, facts);
  put_site(w, 2, n, facts, mdns_srv);
  return w.take();
}

std::vector<std::byte> mdns_announcement(const mdns_facts& facts) {
  const names n(facts.name);
  writer w(0, kResponse);
  put_site(w, 1, n, facts, mdns_all);
  put_addresses(w, 1, n, facts);
  return w.take();
}

bool contradicts(bytes response, const mdns_facts& facts) {
  reader in(response);
  if (!in.is_whole_header() || (in.header(1) & 0xf800) != 0x8000) return false;
  const names n(facts.name);
  for (unsigned left = in.header(2); left > 0; --left)
    if (!in.question()) return false;
  for (unsigned left = in.header(3); left > 0; --left) {
    const auto r = in.next();
    if (!r) return false;
    if (r->name == n.host && (r->type == a || r->type == aaaa) && !is_ours(*r, facts)) return true;
    if (r->name == n.site && r->type == srv && in.name_in(*r, 6) != n.host) return true;
  }
  return false;
}

}  // namespace docteur::cache_vm::pvh
