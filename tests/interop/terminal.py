"""A program on a screen of its own, typed into and read by tmux."""

import asyncio
import re
import subprocess

import harness

harness.need(command="tmux")


class Terminal:
    def __init__(self, folder, program, environment):
        self._tmux = ["tmux", "-S", f"{folder}/tmux", "-f", "/dev/null"]
        self._run("new-session", "-d", "-x", "160", "-y", "50", program,
                  env=environment | {"TERM": "screen"})

    def _run(self, *words, env=None):
        return subprocess.run([*self._tmux, *words], env=env, check=True, capture_output=True,
                              text=True, timeout=harness.PATIENCE).stdout

    def type(self, line):
        self._run("send-keys", "-l", line)
        self._run("send-keys", "Enter")

    def screen(self):
        return self._run("capture-pane", "-p")

    async def expect(self, *patterns):
        """Waits for a screen where one line has all the patterns; returns the line."""
        seen = ""

        def look():
            nonlocal seen
            seen = self.screen()
            return next((line for line in seen.splitlines()
                         if all(re.search(pattern, line) for pattern in patterns)), None)

        try:
            return await asyncio.to_thread(harness.until, look, patterns)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{seen}") from None

    def close(self):
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)
