// The rules by which what several sources say becomes what a user is. A pure function: README.md
// has them as a table. Any shard.
#pragma once

#include <cstdint>
#include <string>

#include "protocols/im/presentity/options.h"
#include "protocols/im/presentity/report.h"

namespace im {

// What one source claims; Claim::offline when it says nothing for the user.
Claim claim_of(const Report& report, const CompositionRules& rules);

base::Bytes name(Claim claim);  // "on-the-phone"
[[nodiscard]] bool parse_claim(base::Bytes name, Claim& out);

// Gathers reports in any order and decides.
class Composer {
 public:
  explicit Composer(const CompositionRules& rules) : rules_(rules) {}
  // Reports of equal claim: kinds of source in their order, then the highest priority, then names.
  void add(const Report& report);

  Claim claim() const { return claim_; }
  Availability availability() const;
  // Of the sources that make the claim that counts, and whether somebody is on the phone besides.
  Activities activities() const;
  SourceKind decisive() const { return decisive_; }  // whose claim it is; resource if nobody's
  base::Bytes note() const { return note_; }         // of the decisive source
  base::Bytes lang() const { return lang_; }         // of the note

 private:
  size_t rank(Claim claim) const;
  bool comes_before_decisive(const Report& report, uint16_t priority) const;

  const CompositionRules& rules_;
  Claim claim_ = Claim::offline;
  SourceKind decisive_ = SourceKind::resource;
  bool decided_ = false;
  bool on_the_phone_ = false;
  uint16_t priority_ = 0;
  Activities activities_;
  std::string name_;
  std::string note_;
  std::string lang_;
};

}  // namespace im
