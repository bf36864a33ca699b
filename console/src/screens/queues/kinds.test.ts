import { expect, it } from "vitest";
import { byKind } from "./kinds";

const base = { failures: 1, oldest_s: null, average_s: 0.5, durations: null } as const;

it("adds up what a kind has in several queues and priorities", () => {
  const [draft, poll] = byKind([
    { ...base, kind: "poll_source", queue: "default", priority: "normal", counts: { available: 2, completed: 1 } },
    { ...base, kind: "draft_story", queue: "media", priority: "low", counts: { running: 1 } },
    { ...base, kind: "poll_source", queue: "media", priority: "low", counts: { available: 3 } },
  ]);
  expect(draft).toMatchObject({ id: "draft_story", queues: ["media"], counts: { running: 1 }, failures: 1 });
  expect(poll).toMatchObject({ id: "poll_source", queues: ["default", "media"], counts: { available: 5, completed: 1 }, failures: 2 });
});
