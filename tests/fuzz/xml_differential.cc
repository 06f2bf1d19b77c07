// Our stream reader against expat, on streams that are nearly right:
//   what we accept, expat accepts, with the same names, namespaces, attributes and text;
//   what we refuse, expat refuses, save what RFC 6120 §11.1 forbids and our limits;
//   cutting a stream anywhere changes nothing.
// Usage: xml_differential [--mutants N] [--seed S]. Exit status 1 on the first disagreement.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine/base/random.h"
#include "tests/fuzz/xml_events.h"
#include "tests/fuzz/xml_mutator.h"

namespace fuzz {
namespace {

struct Counts {
  uint64_t mutants = 0;
  uint64_t accepted = 0;  // the whole stream
  uint64_t partial = 0;
  uint64_t refused = 0;     // by both
  uint64_t restricted = 0;  // by us alone, as RFC 6120 wants
  uint64_t early = 0;       // by us, while expat waits for more
  uint64_t stanzas = 0;
};

bool is_ours_alone(const Story& story) {
  switch (story.verdict) {
    case xml::Verdict::restricted:
    case xml::Verdict::bad_encoding:
    case xml::Verdict::too_deep:
    case xml::Verdict::too_many_attributes:
    case xml::Verdict::name_too_long:
    case xml::Verdict::stanza_too_big:
      return true;
    default:
      return story.text_between;
  }
}

bool is_prefix(const std::vector<std::string>& shorter, const std::vector<std::string>& longer) {
  if (shorter.size() > longer.size()) return false;
  for (size_t i = 0; i < shorter.size(); ++i) {
    if (shorter[i] != longer[i]) return false;
  }
  return true;
}

// Null: they agree. Otherwise in what they differ.
const char* compare(const Story& ours, const Story& expat, Counts& counts) {
  counts.stanzas += ours.stanzas.size();
  const bool same = ours.stanzas == expat.stanzas;
  switch (ours.ending) {
    case Ending::open:
    case Ending::ended:
      ++counts.accepted;
      if (expat.ending == Ending::refused) return "we accept what expat refuses";
      return same ? nullptr : "events differ";
    case Ending::partial:
      ++counts.partial;
      return same ? nullptr : "events before an unfinished stanza differ";
    case Ending::refused:
      break;
  }
  if (!is_prefix(ours.stanzas, expat.stanzas)) return "events before our refusal differ";
  if (expat.ending == Ending::refused && same) {
    ++counts.refused;
    return nullptr;
  }
  if (expat.token_open && same) {
    ++counts.early;
    return nullptr;
  }
  if (is_ours_alone(ours)) {
    ++counts.restricted;
    return nullptr;
  }
  return "we refuse what expat accepts";
}

const char* compare_cut(const Story& whole, const Story& cut) {
  if (whole.stanzas != cut.stanzas) return "cutting the stream changes its events";
  if (whole.ending == cut.ending && whole.verdict == cut.verdict) return nullptr;
  // A fault may wait for its stanza's end to be told.
  if (whole.ending == Ending::refused && cut.ending == Ending::partial) return nullptr;
  return "cutting the stream changes the verdict";
}

std::vector<size_t> random_cuts(base::Prng& random, size_t size) {
  std::vector<size_t> cuts;
  const uint64_t longest = 1 + random.step() % 60;
  size_t at = 0;
  while ((at += 1 + random.step() % longest) < size) cuts.push_back(at);
  return cuts;
}

int report(const char* what, uint64_t number, const std::string& stream, const Story& ours,
           const Story& other) {
  std::printf("mutant %llu: %s\n%s\n", static_cast<unsigned long long>(number), what,
              stream.c_str());
  std::printf("ours: ending %d verdict %d\n", static_cast<int>(ours.ending),
              static_cast<int>(ours.verdict));
  for (const std::string& stanza : ours.stanzas) std::printf("  %s\n", stanza.c_str());
  std::printf("other: ending %d verdict %d\n", static_cast<int>(other.ending),
              static_cast<int>(other.verdict));
  for (const std::string& stanza : other.stanzas) std::printf("  %s\n", stanza.c_str());
  return 1;
}

int run(uint64_t mutants, uint64_t seed) {
  const xml::Limits limits;
  XmlMutator mutator(seed);
  base::Prng random(seed + 1);
  Counts counts;
  for (; counts.mutants < mutants; ++counts.mutants) {
    const std::string stream = mutator.make();
    const Story ours = read_ours(stream, {}, limits);
    const base::Bytes read = base::Bytes(stream).substr(0, ours.consumed);
    const Story expat = read_expat(read);
    if (const char* what = compare(ours, expat, counts)) {
      return report(what, counts.mutants, stream, ours, expat);
    }
    const Story cut = read_ours(stream, random_cuts(random, stream.size()), limits);
    if (const char* what = compare_cut(ours, cut)) {
      return report(what, counts.mutants, stream, ours, cut);
    }
  }
  std::printf(
      "%llu mutants, seed %llu: %llu accepted and %llu refused by both, %llu unfinished, "
      "%llu refused by us alone (RFC 6120, limits), %llu by us earlier; %llu stanzas compared; 0 "
      "disagreements\n",
      static_cast<unsigned long long>(counts.mutants), static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(counts.accepted),
      static_cast<unsigned long long>(counts.refused),
      static_cast<unsigned long long>(counts.partial),
      static_cast<unsigned long long>(counts.restricted),
      static_cast<unsigned long long>(counts.early),
      static_cast<unsigned long long>(counts.stanzas));
  return 0;
}

}  // namespace
}  // namespace fuzz

int main(int argc, char** argv) {
  uint64_t mutants = 1000000;
  uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--mutants") == 0) {
      mutants = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (std::strcmp(argv[i], "--seed") == 0) {
      seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: xml_differential [--mutants N] [--seed S]\n");
      return 2;
    }
  }
  return fuzz::run(mutants, seed);
}
