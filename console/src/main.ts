import "@tokens";
import "./styles/base.css";
import "./styles/print.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { asProblem, loadSession, type ApiProblem } from "./lib/api";
import { boot } from "./lib/boot";
import { showLook } from "./lib/look";
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
  const target = document.getElementById("app");
  if (target) mount(App, { target, props: { problem } });
}
