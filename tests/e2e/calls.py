"""calls.py LEDGER: what became of a log, for a person to read: one line a call in the order of time,
then how many records ended in which way and why. What is absent is left out."""
import sqlite3
import sys
from decimal import Decimal

LABELS = ("provider", "model", "requested_model", "feature", "user", "agent", "service", "team",
          "api_key", "operation", "service_tier", "region", "status", "error", "session",
          "request_id")
COUNTS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
          "output_tokens", "reasoning_tokens", "input_audio_tokens", "output_audio_tokens",
          "input_image_tokens", "output_image_tokens", "images", "audio_seconds", "web_searches")
FLAGS = ("unpriced", "estimated", "inconsistent", "unknown_usage")


def decimal(nano):
    """Nano-dollars as the shortest decimal text."""
    return format((Decimal(nano) / 10 ** 9).normalize(), "f")


def milliseconds(value):
    return "%gms" % value


def line(call):
    words = [call["time"]]
    words += ["%s=%s" % (key, call[key]) for key in LABELS if call[key]]
    words += ["%s=%s" % (key, call[key]) for key in COUNTS if call[key] is not None]
    words += ["%s=%s" % (key, milliseconds(call[key + "_ms"])) for key in ("latency", "ttft")
              if call[key + "_ms"] is not None]
    if call["logged_cost_nano"] is not None:
        words.append("logged_cost=%s" % decimal(call["logged_cost_nano"]))
    words.append("cost=%s" % decimal(call["cost_nano"]))
    words += [flag.upper() for flag in FLAGS if call[flag]]
    return " ".join(words)


def main():
    db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
    db.row_factory = sqlite3.Row
    lines = [line(call) for call in db.execute("SELECT * FROM calls ORDER BY time_ms")]
    # Calls of the same moment have no order of their own.
    print("\n".join(sorted(lines, key=lambda text: (text.split(" ", 1)[0], text))))
    print()
    for row in db.execute("SELECT outcome, reason, SUM(records) FROM coverage_daily"
                          " GROUP BY outcome, reason ORDER BY outcome, reason"):
        if row[2]:
            print("%d %s%s" % (row[2], row[0], ": " + row[1] if row[1] else ""))


main()
