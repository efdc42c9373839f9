#!/usr/bin/env -S python3 -B
"""logrotate: create, nocreate, dateext, compress, delaycompress and copytruncate, each on a log of its
own that is written all the while; `logrotate -f` again and again."""
import gzip
import os
import re
import signal
import subprocess
import time

from writer import Trial, Writer, run, tool

CALLS, RATE, ROTATIONS = 12000, 1500, 6
# What is kept outlasts the agent's sight of it: two rotations of those that delete.
KINDS = {
    "create": "create\nrotate 3",
    "nocreate": "nocreate\nrotate 3",
    "dateext": "create\ndateext\ndateformat -%Y%m%d-%s\nrotate 3",
    "compress": "create\ncompress\nrotate 3",
    "delaycompress": "create\ncompress\ndelaycompress\nrotate 4",
    "olddir": "create\nolddir old\ncreateolddir\nrotate 3",
    "copytruncate": "copytruncate\nrotate 99",
    "copycompress": "copytruncate\ncompress\nrotate 99",
}


def configuration(folder):
    """Of logrotate. What is rotated by name tells the writers, as a service is told."""
    text = ""
    for kind, words in KINDS.items():
        tell = "" if "copy" in kind else "postrotate\nkill -USR1 %d\nendscript\n" % os.getpid()
        text += "%s/%s/app.log {\nmissingok\n%s\n%s}\n" % (folder, kind, words, tell)
    return text


def on_disk(folder):
    """The ids of all lines that stand in any file of a folder."""
    ids = []
    for at, _, names in os.walk(folder):
        for name in names:
            opener = gzip.open if name.endswith(".gz") else open
            with opener(os.path.join(at, name), "rb") as f:
                ids += re.findall(rb'"request_id":"([^"]*)"}\n', f.read())
    return [i.decode() for i in ids]


def rotate(folder):
    done = subprocess.run([tool("logrotate"), "-f", "-s", folder + "/state", folder + "/conf"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError("logrotate: " + done.stderr)


def check_copied(trial, kind, written):
    """logrotate destroys what is written between its copy and its truncation. All else stands in some
    file, and has to be counted once; what is gone may have been read in time."""
    counted, stand = trial.agent.ids(kind), set(on_disk(os.path.join(trial.folder, kind)))
    destroyed = set(written) - stand
    trial.expect(kind, sorted(stand | (destroyed & set(counted))))
    return len(destroyed), len(destroyed - set(counted))


def test(folder):
    with open(folder + "/conf", "w", encoding="ascii") as f:
        f.write(configuration(folder))
    trial = Trial(folder, ["{name: %s, paths: '%s/%s/**/app.log*', preset: json}" % (k, folder, k)
                           for k in KINDS])
    writers = []
    for kind in KINDS:
        os.mkdir(os.path.join(folder, kind))
        writers.append(Writer("%s/%s/app.log" % (folder, kind), kind, CALLS, RATE))
    signal.signal(signal.SIGUSR1, lambda *_: [w.reopen() for w in writers])
    trial.agent.wait_until_following()
    for w in writers:
        w.start()
    for _ in range(ROTATIONS):
        time.sleep(CALLS / RATE / (ROTATIONS + 1))
        rotate(folder)
    for w in writers:
        w.join()
    trial.agent.settle(2)
    gone = unread = 0
    for kind, w in zip(KINDS, writers):
        if "copy" in kind:
            destroyed, missed = check_copied(trial, kind, w.ids)
            gone, unread = gone + destroyed, unread + missed
        else:
            trial.expect(kind, w.ids)
    lost = trial.agent.lost()
    total = trial.check()
    return ("%d calls, %d rotations of %d logs; copytruncate destroyed %d lines, %d of them before "
            "they were read (%d bytes said to be lost)" % (
                total, ROTATIONS, len(KINDS), gone, unread, lost))


run(test)
