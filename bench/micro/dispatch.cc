// From an IQ's namespace to who answers it: found, and nobody's.
#include <benchmark/benchmark.h>

#include "protocols/xmpp/dispatch.h"
#include "protocols/xmpp/options.h"

namespace {

void Find(benchmark::State& state) {
  const xmpp::Dispatch dispatch;
  const xmpp::Options options;
  const bool known = state.range(0) == 1;
  const base::Bytes ns = known ? "urn:xmpp:ping" : "urn:example:nobody";
  for (auto _ : state) {
    const xmpp::Hook* hook =
        dispatch.find(xmpp::IqKind::get, xmpp::To::host, ns, "ping", options);
    if ((hook != nullptr) != known) state.SkipWithError("not what was wanted");
    benchmark::DoNotOptimize(hook);
  }
  state.SetLabel(known ? "urn:xmpp:ping" : "nobody answers");
}

}  // namespace

BENCHMARK(Find)->Arg(1)->Arg(0);
BENCHMARK_MAIN();
