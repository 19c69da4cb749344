// An outside user of the builder: how large an IDX of one entry gets.
#include <vector>

#include "idx/writer.hpp"

int main() {
  const std::vector<docteur::idx_entry> one(1);
  return docteur::idx_size(one, docteur::hash_kind::sha1) == 8 + 1024 + 28 + 40 ? 0 : 1;
}
