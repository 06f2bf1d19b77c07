// Reads one header value from left to right: white space (folds included), tokens, quoted strings,
// parameters. What the getters of this folder are made of.
// Lives on the stack of one getter; any shard. RFC 3261 §25.1.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/sip/message/characters.h"

namespace sip {

// What a getter found. Absent and malformed leave the output in no particular state.
enum class Read : uint8_t { absent, ok, malformed };

// name ["=" value]. A quoted value comes without its quotes and with its escapes.
struct Parameter {
  base::Bytes name;
  base::Bytes value;
  bool has_value = false;
  bool quoted = false;
  bool is(base::Bytes wanted) const { return equal_ignoring_case(name, wanted); }
};

enum class Step : uint8_t { none, one, malformed };

class Reader {
 public:
  explicit Reader(base::Bytes in) : at_(in.data()), end_(in.data() + in.size()) {}

  bool done() const { return at_ == end_; }
  bool at(char c) const { return at_ != end_ && *at_ == c; }
  const char* place() const { return at_; }
  base::Bytes since(const char* from) const { return {from, static_cast<size_t>(at_ - from)}; }
  base::Bytes rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }

  void skip_one() { ++at_; }  // not at the end
  void back_to(const char* place) { at_ = place; }

  void skip_space() {
    while (at_ != end_ && is(kSpace, *at_)) ++at_;
  }
  // This character, if it comes next; the white space around it goes with it.
  bool take(char c) {
    const char* const before = at_;
    skip_space();
    if (!at(c)) {
      at_ = before;
      return false;
    }
    ++at_;
    skip_space();
    return true;
  }
  base::Bytes run(uint16_t classes) {  // possibly empty
    const char* const from = at_;
    while (at_ != end_ && is(classes, *at_)) ++at_;
    return since(from);
  }
  base::Bytes token() { return run(kToken); }
  // Stands at '"'. False: it does not end.
  bool quoted_string(base::Bytes& inside);
  // Up to this character, which must come, and over it.
  bool take_until(char c, base::Bytes& out);

  // The next of *(SEMI parameter). After `none` something else stands here, or nothing.
  Step next_parameter(Parameter& out);
  // The parameter alone.
  bool parameter(Parameter& out);

 private:
  const char* at_;
  const char* end_;
};

// Looks through parameters that a getter has found well-formed (those of `text` begin with ';').
// False: there is none of that name.
bool find_parameter(base::Bytes text, base::Bytes name, Parameter& out);

// The inside of a quoted string without its escapes, folds as one space each.
void unquote(base::Bytes inside, base::Sink& out);
// A quoted string that means `text`; control characters become spaces.
void quote(base::Bytes text, base::Sink& out);

}  // namespace sip
