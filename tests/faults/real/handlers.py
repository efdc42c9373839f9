#!/usr/bin/env -S python3 -B
"""Python's logging: RotatingFileHandler and TimedRotatingFileHandler, in a process of their own that logs
from several threads."""
import subprocess
import sys

from writer import LINE, Trial, run

CALLS, THREADS = 4000, 4
SIZED, TIMED = "sized", "timed"


def log():
    """The process that logs: handlers.py log FOLDER. A file of the first kind is rotated every 0.2 s."""
    import logging
    import logging.handlers
    import threading
    import time

    handlers = {
        SIZED: logging.handlers.RotatingFileHandler(sys.argv[2] + "/sized.log", maxBytes=64 << 10,
                                                    backupCount=20),
        TIMED: logging.handlers.TimedRotatingFileHandler(sys.argv[2] + "/timed.log", when="S",
                                                         interval=1, backupCount=5),
    }
    for name, handler in handlers.items():
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.INFO)

    def work(number):
        for i in range(CALLS):
            for name in handlers:
                logging.getLogger(name).info(LINE, "%s-%d-%d" % (name, number, i))
            if i % 5 == 0:
                time.sleep(0.005)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def test(folder):
    trial = Trial(folder, ["{name: %s, paths: '%s/%s.log*', preset: json}" % (name, folder, name)
                           for name in (SIZED, TIMED)])
    trial.agent.wait_until_following()
    subprocess.run([sys.executable, "-B", __file__, "log", folder], check=True)
    for name in (SIZED, TIMED):
        trial.expect(name, ["%s-%d-%d" % (name, t, i)
                            for t in range(THREADS) for i in range(CALLS)])
    return "%d calls by two handlers" % trial.check()


if sys.argv[1:2] == ["log"]:
    log()
else:
    run(test)
