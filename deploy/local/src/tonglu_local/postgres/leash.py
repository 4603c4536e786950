"""Starts a program that dies with its parent; a script of its own, so it imports no sibling.

Called as `python leash.py PARENT_PID UID GID PROGRAM ARGUMENT…`.
A small program instead of `preexec_fn`, which is unsafe in a process with threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, uid: int, gid: int, command: list[str]) -> None:
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    if sys.platform == "linux":
        # After the change of account, which clears it. SIGINT is PostgreSQL's fast and clean shutdown.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() == parent:  # else the parent died before the leash was on
        os.execv(command[0], command)  # noqa: S606 -- becoming the program is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
