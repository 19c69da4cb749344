#pragma once
// A verification and the faults that it should have found.

#include <gtest/gtest.h>

#include <string>

#include "verify/verify.hpp"

namespace docteur {

inline verify_report check(bytes image, const verify_options& options = {}) {
  progress quiet;
  auto report = verify_image(memory_device(image), options, quiet);
  EXPECT_TRUE(report) << report.error().message;
  return report ? std::move(*report) : verify_report{};
}

inline std::string all_of(const verify_report& r) {
  std::string text;
  for (const fault& f : r.faults)
    text += std::string(name(f.code)) + " at " + std::to_string(f.at) + ": " + f.what + "\n";
  for (const std::string& remark : r.remarks) text += "note: " + remark + "\n";
  return text;
}

// Expects this fault among those found.
inline void expect_fault(const verify_report& r, errc code, std::uint64_t at, const std::string& what) {
  for (const fault& f : r.faults)
    if (f.code == code && f.at == at && f.what.find(what) != std::string::npos) return;
  ADD_FAILURE() << "expected " << name(code) << " at " << at << ": " << what << ", found\n" << all_of(r);
}

inline void expect_one_fault(const verify_report& r, errc code, std::uint64_t at, const std::string& what) {
  EXPECT_EQ(r.fault_count, 1u) << all_of(r);
  expect_fault(r, code, at, what);
}

inline void expect_good(const verify_report& r) { EXPECT_TRUE(r.good()) << all_of(r); }

inline void expect_remark(const verify_report& r, const std::string& text) {
  for (const std::string& remark : r.remarks)
    if (remark.find(text) != std::string::npos) return;
  ADD_FAILURE() << "expected a remark: " << text << ", found\n" << all_of(r);
}

}  // namespace docteur
