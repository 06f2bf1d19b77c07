"""sipp runs a scenario against the node; it must like what it saw."""

import asyncio
import pathlib
import tempfile

import harness

harness.need(command="sipp")


async def run(scenario, target, *options, users=(), address="127.0.0.1", patience=20):
    """Runs sipp to its end, for these users one after the other ([field0]) if there are any. What it
    has logged."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "scenario.xml").write_text(scenario, encoding="utf-8")
        if users:
            (folder / "users.csv").write_text("SEQUENTIAL\n" + "".join(f"{u};\n" for u in users))
            options += ("-inf", "users.csv", "-m", str(len(users)))
        process = await asyncio.create_subprocess_exec(
            "sipp", "-sf", "scenario.xml", "-nostdin", "-i", address, "-timeout", str(patience),
            "-timeout_error", "-trace_err", "-trace_logs", *options, target, cwd=folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT)
        output, _ = await asyncio.wait_for(process.communicate(), patience + harness.PATIENCE)
        logs = "".join(log.read_text() for log in folder.glob("*.log"))
    if process.returncode != 0:
        raise AssertionError(logs[:3000] or output.decode(errors="replace")[-3000:])
    return logs
