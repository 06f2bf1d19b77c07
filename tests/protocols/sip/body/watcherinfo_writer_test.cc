#include "protocols/sip/body/watcherinfo_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "protocols/sip/body/xml_body.h"

namespace sip {
namespace {

TEST(WatcherinfoWriter, ExampleOfRfc3858) {
  std::string out;
  WatcherinfoWriter writer("sip:professor@example.net", "presence", 0, true, out);
  writer.watcher({.uri = "sip:userA@example.net",
                  .id = "8ajksjda7s",
                  .status = WatcherStatus::active,
                  .event = WatcherEvent::approved,
                  .subscribed_seconds = 509});
  writer.watcher({.uri = "sip:b&c@example.org",
                  .id = "hh8juja87s997-ass7",
                  .display_name = "Mr. \"Subscriber\"",
                  .status = WatcherStatus::pending,
                  .event = WatcherEvent::subscribe,
                  .expires_seconds = 60});
  writer.end();
  EXPECT_EQ(out,
            "<?xml version='1.0' encoding='UTF-8'?>\r\n"
            "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='0' state='full'>"
            "<watcher-list resource='sip:professor@example.net' package='presence'>"
            "<watcher id='8ajksjda7s' status='active' event='approved' duration-subscribed='509'>"
            "sip:userA@example.net</watcher>"
            "<watcher id='hh8juja87s997-ass7' status='pending' event='subscribe'"
            " display-name='Mr. &quot;Subscriber&quot;' duration-subscribed='0' expiration='60'>"
            "sip:b&amp;c@example.org</watcher></watcher-list></watcherinfo>");
  XmlBody body;
  EXPECT_EQ(body.parse(out, "watcherinfo"), BodyFault::none);
}

TEST(WatcherinfoWriter, EveryStatusAndEventHasItsName) {
  std::string out;
  WatcherinfoWriter writer("sip:a@b", "presence", 7, false, out);
  for (int event = 0; event < 8; ++event) {
    writer.watcher({.uri = "sip:x@y",
                    .id = "1",
                    .status = static_cast<WatcherStatus>(event % 4),
                    .event = static_cast<WatcherEvent>(event)});
  }
  writer.end();
  EXPECT_NE(out.find("version='7' state='partial'"), std::string::npos);
  for (const char* text :
       {"'pending' event='subscribe'", "'active' event='approved'", "'waiting' event='deactivated'",
        "'terminated' event='probation'", "'pending' event='rejected'", "'active' event='timeout'",
        "'waiting' event='giveup'", "'terminated' event='noresource'"}) {
    EXPECT_NE(out.find(text), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace sip
