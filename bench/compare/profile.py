#!/usr/bin/env python3
"""Sorts perf's samples by what the kernel, or the program, was at: `perf script -F ip,sym,dso`
on standard input, CPU-us a message as the argument."""
import collections
import sys

# The first that has a frame on the stack, by the beginning of its name.
KINDS = [
    ("kernel: journal, file system", ("ext4_", "io_write", "io_fsync", "shmem_file_write")),
    ("kernel: what a send wakes: loopback, TCP in, the receiver's poll",
     ("net_rx_action", "tcp_v4_rcv", "__do_softirq", "handle_softirqs")),
    ("kernel: send", ("tcp_sendmsg", "io_send")),
    ("kernel: receive", ("io_recv", "tcp_recvmsg")),
    ("kernel: polls", ("io_poll", "io_arm_poll")),
    ("kernel: submissions", ("io_submit_sqes",)),
]


def kind_of(stack):
    if "kernel" not in stack[0][1]:
        return "program: " + stack[0][1].rsplit("/", 1)[-1].rstrip(")")
    for kind, names in KINDS:
        if any(name.startswith(names) for name, _ in stack):
            return kind
    return "kernel: other"


def main():
    cost = float(sys.argv[1])
    kinds = collections.Counter()
    own = collections.Counter()
    stack = []
    for line in sys.stdin:
        fields = line.split(None, 1)
        if fields:
            symbol, _, program = fields[-1].rstrip().rpartition(" (")
            stack.append((symbol, program))
        elif stack:
            kinds[kind_of(stack)] += 1
            if "kernel" not in stack[0][1]:
                own[stack[0][0]] += 1
            stack = []
    total = sum(kinds.values())
    for kind, count in kinds.most_common(12):
        print(f"{100 * count / total:5.1f} % {cost * count / total:7.3f} us  {kind}")
    print("of the program:")
    for name, count in own.most_common(16):
        print(f"{100 * count / total:5.1f} % {cost * count / total:7.3f} us  {name[:90]}")


main()
