import { fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import { toasts } from "../../lib/toast.svelte";
import Form from "./Pipeline.svelte";
import type { Pipeline } from "./pipeline";

afterEach(() => vi.unstubAllGlobals());

const pipeline: Pipeline = {
  id: "p", name: "default", providers: [], sentences_max: 5, words_max: 200,
  policy: { automatic: false, score_min: 0.7, grounded: true, trust_min: 0, engagement_min: 0, topics_held: [], two_people: false },
};

it("takes another policy back, on the desk and in the form", async () => {
  const sent: { policy: { automatic: boolean } }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(await request.json());
    return Response.json({});
  });
  render(Form, { pipeline, providers: [], canChange: true });
  const automatic = screen.getByRole("switch", { name: /Approve automatically/ });
  await fireEvent.click(automatic);
  await fireEvent.submit(document.querySelector("form")!);
  await vi.waitFor(() => expect(toasts.current?.undo).toBeTruthy());
  await toasts.undo();
  expect(sent.map(({ policy }) => policy.automatic)).toEqual([true, false]);
  await vi.waitFor(() => expect(automatic.getAttribute("aria-checked")).toBe("false"));
});

it("offers no way back where the policy is as it was", async () => {
  vi.stubGlobal("fetch", async () => Response.json({}));
  render(Form, { pipeline, providers: [], canChange: true });
  await fireEvent.submit(document.querySelector("form")!);
  await vi.waitFor(() => expect(toasts.current?.text).toBe("Saved"));
  expect(toasts.current?.undo).toBeNull();
});

it("says with which prompt and voice it drafts, and says nothing of them to a server that does not know them", async () => {
  const sent: Record<string, unknown>[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(await request.json());
    return Response.json({});
  });
  const { unmount } = render(Form, { pipeline: { ...pipeline, prompt: null, voice: "gone" }, providers: [], speech: { prompts: ["news-post-en"], voices: ["calm"] }, canChange: true });
  await fireEvent.change(screen.getByLabelText("Prompt"), { target: { value: "news-post-en" } });
  expect((screen.getByLabelText("Voice") as HTMLSelectElement).value).toBe("gone");
  await fireEvent.submit(document.querySelector("form")!);
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  unmount();
  render(Form, { pipeline, providers: [], speech: { prompts: [], voices: [] }, canChange: true });
  expect(screen.queryByLabelText("Prompt")).toBeNull();
  await fireEvent.submit(document.querySelector("form")!);
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  expect(sent.map((body) => [body.prompt, body.voice, "prompt" in body])).toEqual([["news-post-en", "gone", true], [undefined, undefined, false]]);
});
