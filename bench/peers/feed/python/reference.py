"""The Python readers of feeds.

    python reference.py ENGINE parse LIST         one line of JSON a file: {"file", "entries": [{"title", "link", "date"}]} or {"file", "error"}
    python reference.py ENGINE bench LIST PASSES  {"files", "bytes", "median_s"}: the median of whole passes over the files in memory

LIST names a file a line. ENGINE is feedparser, feedparser-plain (it neither sanitises nor resolves) or fastfeedparser.
"""

import calendar
import io
import json
import statistics
import sys
import warnings
from time import perf_counter

warnings.simplefilter("ignore")


def feedparser_engine(**options):
    import feedparser

    def parse(data):
        return feedparser.parse(io.BytesIO(data), **options)

    # `dict.get`, since the library's own answers with another date when the one asked for is absent.
    def seconds(entry, key):
        date = dict.get(entry, key)
        return calendar.timegm(date) if date else None

    def entry(found):
        published, updated = seconds(found, "published_parsed"), seconds(found, "updated_parsed")
        return {
            "title": dict.get(found, "title"),
            "link": dict.get(found, "link"),
            "date": updated if published is None else published,
        }

    return parse, entry


def fastfeedparser_engine():
    import fastfeedparser

    def entry(found):
        date = found.get("published") or found.get("updated")
        return {"title": found.get("title"), "link": found.get("link"), "date": date}

    return fastfeedparser.parse, entry


ENGINES = {
    "feedparser": feedparser_engine,
    "feedparser-plain": lambda: feedparser_engine(sanitize_html=False, resolve_relative_uris=False),
    "fastfeedparser": fastfeedparser_engine,
}


def results(files, parse, entry):
    for name, data in files:
        try:
            yield {"file": name, "entries": [entry(found) for found in parse(data)["entries"]]}
        except Exception as error:
            yield {"file": name, "error": f"{type(error).__name__}: {error}"[:200]}


def one_pass(files, parse):
    start = perf_counter()
    for _, data in files:
        try:
            parse(data)
        except Exception:
            pass
    return perf_counter() - start


def main():
    engine, mode, listing = sys.argv[1:4]
    with open(listing, encoding="utf-8") as lines:
        names = lines.read().splitlines()
    files = []
    for name in names:
        with open(name, "rb") as file:
            files.append((name, file.read()))
    parse, entry = ENGINES[engine]()
    if mode == "parse":
        for result in results(files, parse, entry):
            print(json.dumps(result, default=str))
    else:
        passes = [one_pass(files, parse) for _ in range(int(sys.argv[4]))]
        size = sum(len(data) for _, data in files)
        print(json.dumps({"files": len(files), "bytes": size, "median_s": statistics.median(passes)}))


if __name__ == "__main__":
    main()
