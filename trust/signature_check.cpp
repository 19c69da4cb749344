#include "trust/signature_check.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "object/commit.hpp"
#include "object/result.hpp"
#include "trust/openpgp.hpp"
#include "trust/ssh_signature.hpp"

namespace docteur {
namespace {

std::string name_of(const object_to_check& o) {
  if (o.type != object_type::tag) return "commit";
  const auto tag = parse_tag(as_bytes(o.content), o.kind);
  return "tag " + (tag ? printable(tag->tag) : "");
}

outcome<signature_finding> check_one(const object_to_check& object, const signers& trusted, const progress& report) {
  const auto parts = split_signed_object(object.kind, object.type, object.content);
  if (!parts) return signature_finding{"", verdict::bad, parts.error().message};
  if (!*parts) return signature_finding{"", verdict::absent, "not signed"};
  switch ((*parts)->format) {
    case signature_format::openpgp: return check_openpgp(**parts, trusted, report);
    case signature_format::ssh: return check_ssh(**parts, trusted, report);
    case signature_format::x509:
      return signature_finding{"", verdict::untrusted, "an X.509 signature, which is not checked here"};
    case signature_format::unknown: break;
  }
  return signature_finding{"", verdict::bad, "a signature of an unknown kind"};
}

}  // namespace

outcome<std::vector<signature_finding>> check_signatures(std::span<const object_to_check> objects,
                                                         const signers& trusted, const progress& report) {
  std::vector<signature_finding> all;
  for (const object_to_check& object : objects) {
    DOCTEUR_TRY(finding, check_one(object, trusted, report));
    finding.object = name_of(object);
    all.push_back(std::move(finding));
  }
  return all;
}

std::string what_lacks(std::span<const signature_finding> findings) {
  const auto sentence = [](const signature_finding& f) { return f.object + ": " + f.text; };
  const auto bad = std::ranges::find(findings, verdict::bad, &signature_finding::result);
  if (bad != findings.end()) return sentence(*bad);
  if (std::ranges::find(findings, verdict::good, &signature_finding::result) != findings.end()) return "";
  const auto untrusted = std::ranges::find(findings, verdict::untrusted, &signature_finding::result);
  if (untrusted != findings.end()) return sentence(*untrusted);
  return findings.empty() ? "not signed" : sentence(findings.back());
}

}  // namespace docteur
