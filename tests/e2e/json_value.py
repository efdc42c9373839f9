"""Prints values of the JSON on standard input, a line each, by paths such as rows.0.model; `length` at
the end of a path is the number of elements. Numbers stay the text they were: 0.10 is not 0.1. `file PATH`
prints the state and the reason that `status` gives of a file instead."""
import json
import sys


def at(value, path):
    for key in path.split("."):
        if isinstance(value, list):
            value = len(value) if key == "length" else value[int(key)]
        else:
            value = value[key]
    return value


def text(value):
    if value is None or isinstance(value, (bool, list, dict)):
        return json.dumps(value)
    return str(value)


def print_file(document, path):
    for found in document["files"]:
        if found["path"] == path:
            print(found["state"], found["reason"], sep="\n")
            return
    sys.exit("no %s among %s" % (path, [found["path"] for found in document["files"]]))


def main():
    document = json.load(sys.stdin, parse_float=str, parse_int=str)
    if sys.argv[1].startswith("file "):
        print_file(document, sys.argv[1][len("file "):])
        return
    for path in sys.argv[1:]:
        try:
            print(text(at(document, path)))
        except (KeyError, IndexError, TypeError, ValueError):
            sys.exit("there is no %s in %.500s" % (path, json.dumps(document)))


main()
