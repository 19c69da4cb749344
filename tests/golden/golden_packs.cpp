// Writes the parts of an image of the golden corpus, for digests.sh and aarch64.sh.
// Usage: golden_packs packs FOLDER THREADS | corpus FOLDER | large FOLDER
// "packs" writes, for each effort and purpose, a file of PACK, restart points, path section and IDX; the others write
// the files of the corpus.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "builder/path_section.hpp"
#include "golden/corpus.hpp"
#include "idx/writer.hpp"
#include "pack/writer.hpp"
#include "support/memory_source.hpp"

namespace {

using namespace docteur;
using std::filesystem::path;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "golden_packs: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T get(outcome<T> from) {
  if (!from) die(from.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*from);
}

void write_file(const path& to, std::string_view content) {
  std::filesystem::create_directories(to.parent_path());
  std::ofstream out(to, std::ios::binary);
  out << content;
  out.close();
  if (!out) die(to.string() + ": cannot be written");
}

void write_files(const path& folder, const golden_corpus::files& files) {
  for (const auto& [name, content] : files) write_file(folder / name, content);
}

std::string made(const object_source& source, const pack_options& options) {
  progress silent;
  memory_sink all;
  const written_pack pack = get(write_pack(source, all, options, silent));
  for (const restart_points& blob : pack.restarts) {
    std::byte number[8];
    for (const std::uint64_t point : blob.points) store_le(number, point), get(all.write(number));
  }
  path_lister lister(source, pack.entries, silent);
  get(all.write(get(make_path_section(lister, source.root().id, pack.entries.size()))));
  get(write_idx(pack.entries, pack.checksum, all));
  return std::string(as_text(all.view()));
}

void write_packs(const path& folder, unsigned threads) {
  const memory_source source(golden_corpus::make());
  const std::pair<const char*, effort> efforts[] = {
      {"fast", effort::fast}, {"normal", effort::normal}, {"max", effort::max}};
  const std::pair<const char*, purpose> purposes[] = {
      {"balance", purpose::balance}, {"size", purpose::size}, {"serve", purpose::serve}};
  for (const auto& [effort_name, e] : efforts) {
    for (const auto& [purpose_name, p] : purposes) {
      pack_options options;
      options.threads = threads;
      options.effort = e;
      options.purpose = p;
      options.large_blob = options.largest_delta = 400'000;
      options.restart_interval = 64 << 10;
      write_file(folder / (std::string(effort_name) + "-" + purpose_name), made(source, options));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "packs" && argc == 4)
    write_packs(argv[2], static_cast<unsigned>(std::stoul(argv[3])));
  else if (what == "corpus" && argc == 3)
    write_files(argv[2], golden_corpus::make());
  else if (what == "large" && argc == 3)
    write_files(argv[2], golden_corpus::make_large());
  else
    die("usage: golden_packs packs FOLDER THREADS | corpus FOLDER | large FOLDER");
}
