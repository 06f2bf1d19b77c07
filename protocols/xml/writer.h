// Writing XML: escaping, and a small builder that keeps tags balanced. Appends to a Sink.
// Any shard; no state beyond the sink.
#pragma once

#include "engine/base/bytes.h"

namespace xml {

// Escapes & < > for text; & < > ' " for attribute values. Input is valid UTF-8 without controls.
void escape_text(base::Bytes text, base::Sink& out);
void escape_attribute(base::Bytes value, base::Sink& out);
// ` name='value'` with the value escaped.
void write_attribute(base::Bytes name, base::Bytes value, base::Sink& out);
// `<name>text</name>`
void write_text_element(base::Bytes name, base::Bytes text, base::Sink& out);

}  // namespace xml
