import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Autosave, type Keeper, type Safety } from "./autosave";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bench(over: Partial<Keeper<string>> = {}) {
  const seen = { text: "a", here: [] as string[], desk: [] as string[], told: [] as Safety[] };
  const autosave = new Autosave<string>({
    read: () => seen.text,
    isSame: (a, b) => a === b,
    here: (text) => seen.here.push(text) > 0,
    desk: async (text) => (seen.desk.push(text), { saved_at: "now" }),
    fault: () => "offline",
    told: (safety) => seen.told.push(safety),
    ...over,
  });
  autosave.begin("a");
  const type = (text: string) => {
    seen.text = text;
    autosave.changed();
  };
  return { autosave, seen, type };
}

test("each change is in the browser within 300 ms, on the desk 3 s after the last", async () => {
  const { seen, type } = bench();
  type("ab");
  await vi.advanceTimersByTimeAsync(200);
  type("abc");
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.here).toEqual(["abc"]);
  await vi.advanceTimersByTimeAsync(2_800);
  expect(seen.desk).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(seen.desk).toEqual(["abc"]);
  expect(seen.told.at(-1)).toEqual({ kind: "desk", at: "now" });
});

test("who never pauses is saved on the desk after 60 s", async () => {
  const { seen, type } = bench();
  for (let n = 0; n < 61; n += 1) {
    type(`text ${n}`);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(seen.desk).toHaveLength(1);
});

test("what has not changed is not sent", async () => {
  const { seen, type } = bench();
  type("b");
  type("a");
  await vi.advanceTimersByTimeAsync(70_000);
  expect(seen.desk).toEqual([]);
  expect(seen.here).toEqual([]);
});

test("offline it stays in the browser and is sent once the desk is back", async () => {
  let isCut = true;
  const sent: string[] = [];
  const { seen, type } = bench({ desk: async (text) => { if (isCut) throw new Error("cut"); sent.push(text); return { saved_at: "later" }; } });
  type("ab");
  await vi.advanceTimersByTimeAsync(3_100);
  expect(seen.told.at(-1)).toEqual({ kind: "offline" });
  isCut = false;
  await vi.advanceTimersByTimeAsync(40_000);
  expect(sent).toEqual(["ab"]);
  expect(seen.told.at(-1)).toEqual({ kind: "desk", at: "later" });
});

test("without room in the browser it says so until the desk has it", async () => {
  const { autosave, type } = bench({ here: () => false });
  type("ab");
  await vi.advanceTimersByTimeAsync(300);
  expect(autosave.isAtRisk).toBe(true);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(autosave.isAtRisk).toBe(false);
});

test("what is typed while it is being sent is sent as well", async () => {
  let finish = () => {};
  const sent: string[] = [];
  const { type } = bench({ desk: (text) => { sent.push(text); return new Promise((done) => (finish = () => done({ saved_at: "x" }))); } });
  type("ab");
  await vi.advanceTimersByTimeAsync(3_100);
  type("abc");
  finish();
  await vi.advanceTimersByTimeAsync(3_100);
  expect(sent).toEqual(["ab", "abc"]);
});
