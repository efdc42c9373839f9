"""Calls at random, and what they cost by fractions: make N | report CALLS | explain CALLS.

`report` reads `report --by user --json` (every call has a user of its own), `explain` what `explain
--json` printed for the first calls, one after the other.
"""
import json
import random
import sys
from datetime import datetime, timedelta, timezone
from fractions import Fraction as F

DAY = {"input": "3.000000001", "cache_read": "0.3", "cache_write": "3.75", "output": "15",
       "audio": "32", "cache_read_audio": "0.4"}
LONG = {**DAY, "input": "6.000000003", "cache_read": "0.6", "output": "22.5"}
NIGHT = {"input": "1", "cache_read": "0.1", "output": "5"}


def make(count):
    chance = random.Random(20261126)
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for i in range(count):
        whole = chance.choice([0, 1, 999, 1000, 1001, chance.randrange(3000)])
        read = chance.randrange(whole + 1)
        write = chance.randrange(whole - read + 1)
        fresh_audio = chance.randrange(whole - read - write + 1)
        cached_audio = chance.randrange(read + 1)
        output = chance.randrange(500)
        call = {"time": (start + timedelta(minutes=chance.randrange(60 * 24 * 14))).isoformat(),
                "model": "m", "user": "u%d" % i, "input": whole, "cache_read": read,
                "cache_write": write, "cache_write_1h": chance.randrange(write + 1),
                "audio": fresh_audio + cached_audio, "cache_read_audio": cached_audio,
                "output": output, "reasoning": chance.randrange(output + 1),
                "searches": chance.randrange(3), "video": "%d.%03d" % divmod(
                    chance.randrange(20000), 1000)}
        if chance.random() < 0.6:
            call["tier"] = chance.choice(["batch", "fast", "standard", "flex"])
        if chance.random() < 0.3:
            call["region"] = "us"
        print(json.dumps(call))


def half_even(x):
    quotient, rest = divmod(x.numerator, x.denominator)
    twice = 2 * rest - x.denominator
    return quotient + (1 if twice > 0 or (twice == 0 and quotient % 2) else 0)


def is_night(time):
    """22:00 to 06:00, begun on a working day."""
    if time.hour >= 22:
        return time.weekday() < 5
    return time.hour < 6 and (time.weekday() - 1) % 7 < 5


def cost(call):
    """Nano-dollars."""
    night = is_night(datetime.fromisoformat(call["time"]))
    rates = dict(NIGHT if night else LONG if call["input"] > 1000 else DAY)
    factor = []
    if not night and call.get("tier") == "fast":
        rates.update(input="18", output="90")
    if call.get("tier") == "batch":
        factor.append(F("0.333333") if night else F("0.5"))
    if not night and call.get("region") == "us":
        factor.append(F("1.1"))

    def rate(kind, times=1):
        femto = F(rates[kind]) * 10**9 * times
        for by in factor:
            femto = F(half_even(femto * by))
        return femto

    write = "cache_write" if "cache_write" in rates else "input"
    audio = "audio" if "audio" in rates else "input"
    cached = "cache_read_audio" if "cache_read_audio" in rates else "cache_read"
    fresh_audio = call["audio"] - call["cache_read_audio"]
    femto = (rate("input") * (call["input"] - call["cache_read"] - call["cache_write"] - fresh_audio)
             + rate(audio) * fresh_audio
             + rate("cache_read") * (call["cache_read"] - call["cache_read_audio"])
             + rate(cached) * call["cache_read_audio"]
             + rate(write) * (call["cache_write"] - call["cache_write_1h"])
             + rate("input", 2) * call["cache_write_1h"]
             + rate("output") * call["output"])
    if not night:
        second = F("0.000333") * 10**15
        for by in factor:
            second = F(half_even(second * by))
        femto += second * F(call["video"]) // 1 + F(10) * 10**12 * call["searches"]
    return half_even(femto / 10**6)


def nano(text):
    return F(text) * 10**9


def report(calls):
    answer = json.load(sys.stdin, parse_float=str, parse_int=str)
    found = {row["user"]: nano(row["cost_usd"]) for row in answer["rows"]}
    wanted = {call["user"]: cost(call) for call in calls}
    wrong = [(user, found.get(user), wanted[user]) for user in wanted if found.get(user) != wanted[user]]
    if wrong:
        sys.exit("%d of %d differ: %s" % (len(wrong), len(wanted), wrong[:3]))
    if nano(answer["total"]["cost_usd"]) != sum(wanted.values()):
        sys.exit("the total is not the sum of the calls")


def explain(calls):
    text, at, n = sys.stdin.read(), 0, 0
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        answer, at = decoder.raw_decode(text, at)
        while "shares" not in answer:
            answer = next(v for v in answer.values() if isinstance(v, (dict, list)) and "shares" in str(v))
            answer = answer[0] if isinstance(answer, list) else answer
        shown = sum(F(share["cost_usd"]) for share in answer["shares"])
        if half_even(shown * 10**9) != cost(calls[n]) or nano(answer["cost_usd"]) != cost(calls[n]):
            sys.exit("call %d: shown %s, cost %s, wanted %s" % (n, shown, answer["cost_usd"], cost(calls[n])))
        n += 1
    if n != 40:
        sys.exit("%d calls were explained" % n)


def main(action, argument):
    if action == "make":
        return make(int(argument))
    with open(argument, encoding="utf-8") as f:
        calls = [json.loads(line) for line in f]
    return report(calls) if action == "report" else explain(calls)


main(sys.argv[1], sys.argv[2])
