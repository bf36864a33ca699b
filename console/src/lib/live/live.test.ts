import { describe, expect, it, vi } from "vitest";
import { backoff, type Listener } from "./connection";
import { Hub, type Surroundings } from "./hub";
import { connectQuery, union, type LiveMessage, type Topic, type Wants } from "./protocol";
import { isAfter, NOTHING, reduce } from "./reduce";

describe("reduce", () => {
  const at = (seq: number, more: Partial<LiveMessage> = {}): LiveMessage => ({ id: `1-a.${seq}`, type: "approved", topic: "posts", ...more });

  it("tells in order, and nothing twice", () => {
    const one = reduce(NOTHING, at(4));
    expect(one.tell?.topic).toBe("posts");
    expect(reduce(one.known, at(4)).tell).toBeNull();
    expect(reduce(one.known, at(3)).known.last).toBe("1-a.4");
    expect(reduce(one.known, at(10)).tell).not.toBeNull();
    // Numbers begin anew with the process.
    expect(isAfter("1-b.1", "1-a.900")).toBe(true);
  });

  it("asks one topic, or all, to read anew", () => {
    expect(reduce(NOTHING, at(1, { type: "resync", topic: "jobs" })).resync).toBe("jobs");
    expect(reduce(NOTHING, { id: "1-a.2", type: "resync" }).resync).toBe("all");
  });

  it("puts the changes of counts to the whole", () => {
    const row = (n: number) => ({ queue: "draft", priority: "high", counts: n ? { available: n } : {} });
    const message = (seq: number, more: object) => ({ id: `1-a.${seq}`, type: "counts", topic: "counts", jobs: {}, posts: { draft: seq }, ...more }) as LiveMessage;
    const other = { queue: "poll", priority: "low", counts: { running: 1 } };
    const whole = reduce(NOTHING, message(1, { whole: true, queues: [row(1), other] })).known;
    const changed = reduce(whole, message(2, { whole: false, queues: [row(5)] })).known;
    expect(changed.counts?.queues).toEqual([row(5), other]);
    const gone = reduce(changed, message(3, { whole: false, queues: [row(0)] })).known;
    expect(gone.counts).toMatchObject({ posts: { draft: 3 }, queues: [other] });
  });
});

describe("protocol", () => {
  it("joins what tabs want", () => {
    const wants = union([{ topics: ["posts"], jobs: ["b"], kinds: [] }, { topics: ["traffic", "posts"], jobs: ["a"], kinds: ["k"] }]);
    expect(wants).toEqual({ topics: ["posts", "traffic"], jobs: ["a", "b"], kinds: ["k"] });
    expect(connectQuery(wants, "1-a.7")).toBe("topics=counts%2Cjobs%2Cposts%2Csources%2Ctraffic&jobs=a%2Cb&kinds=k&since=1-a.7");
    expect(connectQuery({ topics: ["jobs"], jobs: [], kinds: [] }, null)).toBe("topics=counts%2Cposts%2Csources");
  });

  it("waits longer each time, within bounds and never all at once", () => {
    expect(backoff(0, 0)).toBe(250);
    expect(backoff(0, 1)).toBe(500);
    expect(backoff(3, 1)).toBe(4_000);
    expect(backoff(99, 1)).toBe(30_000);
  });
});

/** A browser with tabs: one channel between them, one lock. */
class Browser {
  tabs = new Map<string, { hub: Hub; channel: Surroundings["channel"]; state: string; seen: string[]; resyncs: number }>();
  connections: { wants: Wants; since: string | null; listener: Listener; isClosed: boolean; tab: string }[] = [];
  time = 0;
  #queue: (() => Promise<void>)[] = [];
  #isLed = false;

  open(name: string, ...topics: Topic[]) {
    const channel: Surroundings["channel"] = {
      onmessage: null,
      postMessage: (word: unknown) => {
        for (const [other, { channel }] of this.tabs) if (other !== name) channel.onmessage?.({ data: structuredClone(word) } as MessageEvent);
      },
      close: () => this.tabs.delete(name),
    };
    const tab = { hub: null as unknown as Hub, channel, state: "", seen: [] as string[], resyncs: 0 };
    this.tabs.set(name, tab);
    tab.hub = new Hub(
      {
        tab: name,
        channel,
        now: () => this.time,
        elect: (lead) => {
          this.#queue.push(lead);
          // As in a browser: never within the call that asks.
          queueMicrotask(() => this.#next());
        },
        connect: (wants, since, listener) => {
          const connection = { wants, since: since(), listener, isClosed: false, tab: name };
          this.connections.push(connection);
          return { want: (next) => (connection.wants = next), check: () => {}, close: () => (connection.isClosed = true) };
        },
      },
      (state) => (tab.state = state),
    );
    for (const topic of topics) tab.hub.follow(topic, { message: (message) => tab.seen.push(message.id), resync: () => (tab.resyncs += 1) });
    return tab;
  }

  #next(): void {
    if (this.#isLed) return;
    const lead = this.#queue.shift();
    if (!lead) return;
    this.#isLed = true;
    void lead().then(() => {
      this.#isLed = false;
      this.#next();
    });
  }

  get line() {
    return this.connections.findLast((one) => !one.isClosed);
  }

  say(seq: number, more: Partial<LiveMessage> = {}): void {
    this.line?.listener.message({ id: `1-a.${seq}`, type: "approved", topic: "posts", ...more });
  }
}

const settled = () => new Promise<void>((done) => setTimeout(done));

describe("hub", () => {
  it("has one connection for all tabs, and tells each what it follows", async () => {
    const browser = new Browser();
    const one = browser.open("one", "posts");
    const two = browser.open("two", "sources");
    await settled();
    browser.line?.listener.open(true);
    expect(browser.connections.length).toBe(1);
    expect(browser.line?.wants.topics).toEqual(["posts", "sources"]);
    browser.say(1);
    browser.say(2, { topic: "sources", type: "polled" });
    expect([one.seen, two.seen]).toEqual([["1-a.1"], ["1-a.2"]]);
    expect([one.state, two.state]).toEqual(["live", "live"]);
  });

  it("goes on in another tab where the last one stood", async () => {
    const browser = new Browser();
    const one = browser.open("one", "posts");
    const two = browser.open("two", "posts");
    await settled();
    browser.line?.listener.open(true);
    browser.say(1);
    browser.say(2);
    one.hub.stop();
    await settled();
    expect(browser.connections.length).toBe(2);
    expect(browser.line).toMatchObject({ tab: "two", since: "1-a.2" });
    // The server tells again what it is not sure about.
    browser.say(2);
    browser.say(3);
    expect(two.seen).toEqual(["1-a.1", "1-a.2", "1-a.3"]);
  });

  it("has all tabs read anew when something was missed", async () => {
    const browser = new Browser();
    const one = browser.open("one", "posts");
    const two = browser.open("two", "sources");
    await settled();
    browser.say(5, { type: "resync", topic: undefined });
    browser.say(6, { type: "resync", topic: "sources" });
    expect([one.resyncs, two.resyncs]).toEqual([1, 2]);
  });

  it("says that it comes back when the line breaks", async () => {
    const browser = new Browser();
    const one = browser.open("one", "posts");
    await settled();
    browser.line?.listener.open(true);
    browser.line?.listener.open(false);
    expect(one.state).toBe("reconnecting");
    browser.line?.listener.open(false);
    browser.line?.listener.open(false);
    expect(one.state).toBe("offline");
    browser.line?.listener.open(true);
    expect(one.state).toBe("live");
  });

  it("has no traffic when every tab is paused, and reads anew afterwards", async () => {
    const browser = new Browser();
    const one = browser.open("one", "posts");
    await settled();
    browser.line?.listener.open(true);
    one.hub.pause(true);
    expect(one.state).toBe("paused");
    expect(browser.line).toBeUndefined();
    one.hub.pause(false);
    expect(browser.connections.length).toBe(2);
    expect(one.resyncs).toBe(1);
  });

  it("holds back in a hidden tab, and tells in order when it is seen", async () => {
    const browser = new Browser();
    const one = browser.open("one", "posts");
    await settled();
    one.hub.hide(true);
    browser.say(1);
    browser.say(2);
    expect(one.seen).toEqual([]);
    one.hub.hide(false);
    expect(one.seen).toEqual(["1-a.1", "1-a.2"]);
    one.hub.hide(true);
    for (let seq = 3; seq < 600; seq += 1) browser.say(seq);
    one.hub.hide(false);
    expect(one.seen.length).toBe(2);
    expect(one.resyncs).toBe(1);
  });

  it("names jobs as long as somebody follows them, counted", async () => {
    const browser = new Browser();
    const one = browser.open("one");
    await settled();
    const message = vi.fn();
    const first = one.hub.follow("jobs", { message }, { jobs: ["j1"] });
    const second = one.hub.follow("jobs", {}, { jobs: ["j1"], kinds: ["poll"] });
    expect(browser.line?.wants).toEqual({ topics: ["jobs"], jobs: ["j1"], kinds: ["poll"] });
    second();
    second();
    expect(browser.line?.wants.jobs).toEqual(["j1"]);
    first();
    expect(browser.line?.wants).toEqual({ topics: [], jobs: [], kinds: [] });
  });

  it("forgets a tab that has died without a word", async () => {
    const browser = new Browser();
    const one = browser.open("one", "posts");
    const two = browser.open("two", "traffic");
    await settled();
    expect(browser.line?.wants.topics).toEqual(["posts", "traffic"]);
    two.channel.onmessage = null;
    browser.time = 200_000;
    one.hub.beat();
    expect(browser.line?.wants.topics).toEqual(["posts"]);
  });
});
