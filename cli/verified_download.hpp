#pragma once
// A download, and the verification of the image while it comes. Hosted.

#include <functional>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "remote/image_download.hpp"
#include "verify/verify.hpp"

namespace docteur::cli {

// Verifies the image on a device. Called on a thread of its own.
using verification = std::function<outcome<verify_report>(const device& image, progress& report)>;

// Runs `download`, and `verify` meanwhile with download.arriving(). Returns what that returns, or fails as
// image_download::run() does. `report` shows the download, and from its end on the verification.
[[nodiscard]] outcome<verify_report> run_verified(image_download& download, const verification& verify,
                                                  progress& report);

// Threads for verify_options: `threads`, or as many as there are cores, and one that waits for what comes.
[[nodiscard]] unsigned threads_beside_download(unsigned threads);

}  // namespace docteur::cli
