// Clocks, quantiles, processor time and the words of the command line.

/** Microseconds of the system clock: comes from one machine, so that processes can compare theirs. */
export const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

/** The value below which the share `q` lies, in milliseconds, of times in microseconds; null without any. */
export function quantile(times, q) {
  if (times.length === 0) return null;
  const sorted = Float64Array.from(times).sort();
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * q));
  return Math.round(sorted[at]) / 1000;
}

/** User and system seconds of this process so far. */
export function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** `--name value` and `--name` as an object; anything else is refused. */
export function parse(words, values, flags) {
  const options = {};
  for (let i = 0; i < words.length; i++) {
    const name = words[i].replace(/^--/, '');
    if (words[i].startsWith('--') && flags.includes(name)) options[name] = true;
    else if (words[i].startsWith('--') && values.includes(name) && i + 1 < words.length) options[name] = words[++i];
    else throw new Error(`what is ${words[i]}? known are ${[...values, ...flags].map((n) => '--' + n).join(' ')}`);
  }
  return options;
}

/** A whole number of at least 1, or the given default. */
export function whole(options, name, otherwise) {
  const text = options[name] ?? otherwise;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} ${text} must be a whole number, 1 or more`);
  return number;
}
