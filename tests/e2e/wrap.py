"""Wraps the lines of standard input as a container engine writes them: wrap.py docker | cri."""
import json
import sys

TIME = '2026-11-20T10:00:00.123456789Z'


def docker(line):
    return json.dumps({'log': line + '\n', 'stream': 'stdout', 'time': TIME},
                      separators=(',', ':'), ensure_ascii=False)


def cri(line):
    return f'{TIME} stdout F {line}'


wrap = {'docker': docker, 'cri': cri}[sys.argv[1]]
for record in sys.stdin.read().splitlines():
    print(wrap(record))
