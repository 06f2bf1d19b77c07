// Makes streams that are nearly right: real stanzas with a few faults, or mere oddities, put in
// where XML's structure is. The same seed makes the same streams.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/random.h"

namespace fuzz {

extern const base::Bytes kStreamHeader;

class XmlMutator {
 public:
  explicit XmlMutator(uint64_t seed) : random_(seed) {}
  std::string make();

 private:
  size_t below(size_t bound) { return static_cast<size_t>(random_.step() % bound); }
  bool chance(size_t one_in) { return below(one_in) == 0; }
  size_t place(base::Bytes in);                // an offset, often one where structure is
  base::Bytes some_attribute(base::Bytes in);  // " name='value'", or empty
  void mutate(std::string& stream);
  void mutate_attribute(std::string& stream);
  void mutate_bytes(std::string& stream);

  base::Prng random_;
};

}  // namespace fuzz
