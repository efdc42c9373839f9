"""envelope.py KIND [PIECE] < LINES: what a program writes, as KIND keeps it.

    docker      json-file; lines are cut into pieces of PIECE bytes (16384)
    cri         a line longer than PIECE bytes (16384) is P lines and an F line
    journald    journalctl -o json; journald-pretty: -o json-pretty
    syslog      RFC 3164 without a priority
    fluentd     fluentd's own file, with docker's record in it

A line that begins with "!" was written to standard error. Time goes on by a second a line, from
2026-03-05T06:00:00Z.
"""
import json
import sys
from datetime import datetime, timedelta, timezone

BEGIN = datetime(2026, 3, 5, 6, tzinfo=timezone.utc)


def pieces(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)] or [b""]


def docker(stream, when, data, size):
    # docker's reader fills its buffer; the piece that ends the line has the newline
    for piece in pieces(data + b"\n", size):
        yield json.dumps({"log": piece.decode(), "stream": stream,
                          "time": when.strftime("%Y-%m-%dT%H:%M:%S.000000001Z")},
                         separators=(",", ":"))


def cri(stream, when, data, size):
    parts = pieces(data, size)
    for number, part in enumerate(parts):
        tag = "F" if number + 1 == len(parts) else "P"
        yield "%s %s %s %s" % (when.strftime("%Y-%m-%dT%H:%M:%S.000000001+00:00"), stream, tag,
                               part.decode())


def journal(when, data, indent):
    return json.dumps({"__CURSOR": "s=1", "PRIORITY": "6", "MESSAGE": data.decode(),
                       "__REALTIME_TIMESTAMP": "%d" % (when.timestamp() * 1e6)}, indent=indent)


def fluentd(stream, when, data):
    return "%s docker.4f1c: %s" % (
        when.strftime("%Y-%m-%d %H:%M:%S.000000000 +0000"),
        json.dumps({"container_id": "4f1c", "source": stream, "log": data.decode()}))


def wrap(kind, stream, when, data, size):
    if kind == "docker":
        return docker(stream, when, data, size)
    if kind == "cri":
        return cri(stream, when, data, size)
    if kind == "syslog":
        return ["%s host-1 app[7]: %s" % (when.strftime("%b %e %H:%M:%S"), data.decode())]
    if kind == "fluentd":
        return [fluentd(stream, when, data)]
    return [journal(when, data, "\t" if kind == "journald-pretty" else None)]


def main():
    kind = sys.argv[1]
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 16384
    for number, line in enumerate(sys.stdin.buffer):
        line = line.rstrip(b"\n")
        stream = "stderr" if line.startswith(b"!") else "stdout"
        for text in wrap(kind, stream, BEGIN + timedelta(seconds=number), line.lstrip(b"!"), size):
            print(text)


main()
