"""How many files each reader reads as the first one does.

    python compare.py REFERENCE.jsonl NAME=RESULTS.jsonl...

A file counts when the reference finds entries in it, and is equal when there are as many entries and each has the
reference's title (tags and escaping aside), link and moment (published, else updated). Prints one line of JSON.
"""

import html
import json
import re
import sys
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime


def load(name):
    with open(name, encoding="utf-8") as lines:
        results = [json.loads(line) for line in lines]
    return {result["file"]: result for result in results}


def moment(value):
    """Seconds since 1970 where that can be told, otherwise what is written."""
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)):
        return int(value)
    text = value.strip()
    for read in (lambda: datetime.fromisoformat(text.replace("Z", "+00:00")), lambda: parsedate_to_datetime(text)):
        try:
            date = read()
            return int((date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() // 1)
        except (ValueError, TypeError, OverflowError):
            pass
    return text


def words(title):
    text = title or ""
    for _ in range(2):
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return re.sub(r"<[^>]*>", "", text).split()


def first_difference(wanted, got):
    """What is not the same, or nothing."""
    if "error" in got:
        return got["error"]
    if len(wanted["entries"]) != len(got["entries"]):
        return f"{len(got['entries'])} entries for {len(wanted['entries'])}"
    for ours, theirs in zip(got["entries"], wanted["entries"]):
        if words(ours.get("title")) != words(theirs.get("title")):
            return f"title {ours.get('title')!r} for {theirs.get('title')!r}"
        if (ours.get("link") or "") != (theirs.get("link") or ""):
            return f"link {ours.get('link')!r} for {theirs.get('link')!r}"
        if moment(ours.get("date")) != moment(theirs.get("date")):
            return f"date {ours.get('date')!r} for {theirs.get('date')!r}"
    return None


def main():
    reference = load(sys.argv[1])
    filled = {name: result for name, result in reference.items() if result.get("entries")}
    readers = []
    for argument in sys.argv[2:]:
        name, _, results = argument.partition("=")
        results = load(results)
        absent = {"error": "crash: nothing was said of this file"}
        differences = {file: first_difference(wanted, results.get(file, absent)) for file, wanted in filled.items()}
        different = [f"{file}: {difference}" for file, difference in differences.items() if difference]
        crashes = [file for file in reference if results.get(file, absent).get("error", "").startswith("crash")]
        readers.append({"name": name, "equal": len(filled) - len(different), "crashes": crashes, "different": different})
    print(json.dumps({"files": len(reference), "filled": len(filled), "readers": readers}))


if __name__ == "__main__":
    main()
