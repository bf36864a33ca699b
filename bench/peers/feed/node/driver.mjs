// node driver.mjs parse LIST | bench LIST PASSES: feedsmith, with the words and lines of ../python/reference.py.

import { readFileSync } from 'node:fs';
import { parseFeed } from 'feedsmith';

const [mode, list, passes] = process.argv.slice(2);
const names = readFileSync(list, 'utf8').split('\n').filter(Boolean);
const texts = names.map((name) => readFileSync(name, 'utf8'));

const plain = (value) => (value !== null && typeof value === 'object' ? value.value : value) ?? null;

function entry(found) {
  const page = found.links?.find((link) => !link.rel || link.rel === 'alternate') ?? found.links?.[0];
  return {
    title: plain(found.title),
    link: found.link ?? found.url ?? page?.href ?? null,
    date: found.published ?? found.pubDate ?? found.date_published ?? found.updated ?? found.dc?.date ?? found.dc?.dates?.[0] ?? null,
  };
}

function result(name, text) {
  try {
    const { feed } = parseFeed(text);
    return { file: name, entries: (feed.entries ?? feed.items ?? []).map(entry) };
  } catch (error) {
    return { file: name, error: String(error.message).slice(0, 200) };
  }
}

function onePass() {
  const start = performance.now();
  for (const text of texts) {
    try {
      parseFeed(text);
    } catch {
      // Counts as read.
    }
  }
  return (performance.now() - start) / 1000;
}

if (mode === 'parse') {
  names.forEach((name, at) => console.log(JSON.stringify(result(name, texts[at]))));
} else {
  const times = Array.from({ length: Number(passes) }, onePass).sort((a, b) => a - b);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  console.log(JSON.stringify({ files: names.length, bytes, median_s: times[times.length >> 1] }));
}
