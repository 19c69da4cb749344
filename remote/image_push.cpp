#include "remote/image_push.hpp"

#include "base/printable.hpp"
#include "host/image_digests.hpp"
#include "host/whole_sha256.hpp"
#include "object/result.hpp"
#include "remote/blob_upload.hpp"
#include "remote/http_access.hpp"
#include "remote/libcurl.hpp"
#include "remote/registry_auth.hpp"

namespace docteur {
namespace {

outcome<void> put_manifest(http_conversation& registry, const registry_name& to, const http_options& options,
                           const std::string& manifest) {
  http_call call;
  call.method = "PUT";
  DOCTEUR_TRY(where, registry_address(to, "manifests/" + to.tag, options));
  call.where = std::move(where);
  call.fields = {std::string("Content-Type: ") + kManifestType};
  call.body = as_bytes(manifest);
  const auto answer = registry.ask(call);
  if (!answer) return give_up(blame::environment, answer.error().text);
  const http_head& head = answer->head;
  if (head.status != 201)
    return give_up(
        blame::environment,
        registry.failed("status " + std::to_string(head.status) + " to the manifest" + registry_error(answer->body))
            .text);
  if (head.content_digest && *head.content_digest != digest_text(registry_digest(manifest)))
    return give_up(blame::environment, registry.failed("the registry took another manifest than it was sent").text);
  return {};
}

}  // namespace

outcome<pushed_image> push_image(const device& content, const std::optional<oid>& image_digest,
                                 const artifact_facts& facts, const registry_name& to, const http_options& options,
                                 progress& report) {
  if (to.digest)
    return give_up(blame::usage,
                   printable(to.shown) + ": a name to push to has a tag; its digest follows from the image");
  DOCTEUR_CHECK(check_http_options(options));
  DOCTEUR_CHECK(load_libcurl());
  DOCTEUR_TRY(home, registry_address(to, "", options));
  registry_auth auth(to, options, "pull,push");
  http_conversation registry(options, home, &auth, report);
  blob_upload upload(registry, to, options, report);
  pushed_image done;
  DOCTEUR_TRY(layer, whole_sha256(content, "the image", report));
  done.layer = layer;
  report.phase("sending", 0);
  kept_upload kept(standard_upload_folder(), to, layer);
  DOCTEUR_CHECK(upload.put(content, layer, kept));
  done.was_there = upload.was_there();
  const oid config = registry_digest(kEmptyConfig);
  kept_upload none(std::nullopt, to, config);
  DOCTEUR_CHECK(upload.put(memory_device(as_bytes(kEmptyConfig)), config, none));
  const std::string manifest = artifact_manifest({layer, content.size, image_digest}, facts);
  DOCTEUR_CHECK(put_manifest(registry, to, options, manifest));
  done.manifest = registry_digest(manifest);
  done.sent = upload.sent();
  done.requests = registry.requests();
  done.resumed = upload.resumed();
  return done;
}

}  // namespace docteur
