// PRECIS (RFC 8264): the two string classes, and the rules the profiles of RFC 8265 are built of.
// Works on ICU strings; a pure function of its input.
#pragma once

#include <unicode/unistr.h>

#include "engine/base/bytes.h"

namespace jid {

enum class StringClass : uint8_t { identifier, freeform };

// False: not UTF-8.
[[nodiscard]] bool to_unicode(base::Bytes in, icu::UnicodeString& out);

// Every character belongs to the class, contextual rules (RFC 5892 appendix A) included.
[[nodiscard]] bool conforms(const icu::UnicodeString& text, StringClass string_class);

// Fullwidth and halfwidth characters become their decomposition mappings (RFC 8264 §5.2.1).
void map_width(icu::UnicodeString& text);
void map_case(icu::UnicodeString& text);    // Unicode toLowerCase
void map_spaces(icu::UnicodeString& text);  // every Zs becomes U+0020 (RFC 8265 §4.2.2)
[[nodiscard]] bool normalise(icu::UnicodeString& text);  // NFC

// The Bidi Rule (RFC 5893 §2), for text that has right-to-left characters; others pass.
[[nodiscard]] bool obeys_bidi_rule(const icu::UnicodeString& text);

}  // namespace jid
