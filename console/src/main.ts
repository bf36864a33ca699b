import "@tokens";
import "./styles/base.css";
import "./styles/print.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { asProblem, loadSession, type ApiProblem } from "./lib/api";
import { boot } from "./lib/boot";
import { showLook } from "./lib/look";
import { router } from "./lib/router.svelte";
import { screenLoader, type Screen } from "./lib/screens";
import { session } from "./lib/session.svelte";

showLook();
void start();

async function start(): Promise<void> {
  let problem: ApiProblem | null = null;
  // Without the server's block, as in development, the session is asked for.
  if (!boot) {
    try {
      session.take(await loadSession());
    } catch (thrown) {
      problem = asProblem(thrown);
    }
  }
  // The first screen is on its way with the page's own files: frame and screen are painted at once.
  const first = await firstScreen();
  const target = document.getElementById("app");
  if (target) mount(App, { target, props: { problem, first } });
}

/** `null` when there is none or it does not come: then the app says so. */
async function firstScreen(): Promise<{ name: string; Screen: Screen } | null> {
  const name = router.match?.route.screen ?? "";
  try {
    const loaded = await screenLoader(name)?.();
    return loaded ? { name, Screen: loaded.default } : null;
  } catch {
    return null;
  }
}
