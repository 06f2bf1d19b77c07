// A request made of the header fields a test is about: WithFields one("Via: x\r\nTo: y\r\n").
// Lives on a test's stack and owns the bytes that `message` points into.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "protocols/sip/message/message.h"

namespace sip {

struct WithFields {
  explicit WithFields(base::Bytes fields) {
    text.append("OPTIONS sip:a SIP/2.0\r\n").append(fields).append("\r\n");
    EXPECT_TRUE(message.index_datagram(text)) << fields;
  }
  WithFields(const WithFields&) = delete;
  WithFields& operator=(const WithFields&) = delete;

  std::string text;
  Message message;
};

}  // namespace sip
