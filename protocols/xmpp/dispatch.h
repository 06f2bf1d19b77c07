// From an IQ to the feature that answers it: one hash table from {kind, kind of address, namespace,
// name} to hook, built once from all_features(); two features with one key are a bug of ours.
// One per Service; that shard only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/xmpp/feature.h"

namespace xmpp {

class Service;
class Stream;

class Dispatch {
 public:
  Dispatch();
  // Null: nobody answers this (or the feature is off).
  const Hook* find(IqKind kind, To to, base::Bytes ns, base::Bytes name,
                   const Options& options) const;

 private:
  struct Slot {
    const Hook* hook = nullptr;
    const Feature* feature = nullptr;
    To to = To::host;
  };
  void insert(const Slot& entry);

  std::vector<Slot> slots_;   // open addressing, a power of two, at most half full
};

// Runs the hook, or answers service-unavailable. `payload` is the IQ's one child.
// For `host` and `self`; the asker's session answers.
void answer_iq(Session& session, To to, const im::Stanza& iq, const xml::Element& payload,
               engine::Turn& turn);
// An IQ of a stream that is not authenticated (registration). False: no feature wants it.
bool answer_early_iq(Stream& stream, const im::Stanza& iq, const xml::Element& payload,
                     engine::Turn& turn);
// An IQ to an account of this shard from somebody else. False: nobody answers it.
bool answer_account_iq(Service& service, im::User& user, const im::Stanza& iq,
                       const xml::Element& payload, engine::Turn& turn);

}  // namespace xmpp
