import { render, screen } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";

vi.mock("../../lib/boot", () => ({ boot: { session: null, setup_needed: true, first: {} }, takeFirst: () => undefined }));

it("says on a desk without accounts how one gets in, and begins in the first field", async () => {
  const { default: Screen } = await import("./Screen.svelte");
  render(Screen);
  expect(screen.getByText(/no account yet: open the set-up link that the server printed, or sign in with the key/)).toBeTruthy();
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText(/E-mail/)));
});
