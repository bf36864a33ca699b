// What a page complains of: errors, what its policy refuses, and every word to another host.

/** Answers that are part of the conversation: nothing was typed yet, nobody is signed in yet. */
const USUAL = [/working-copy.* 404/, /\/api\/v3\/session.* 401/];

export class Watch {
  #complaints = [];
  #expected = [...USUAL];
  #origins = new Set();

  allowOrigin(url) {
    this.#origins.add(new URL(url).origin);
  }

  /** What a journey brings about itself, such as the refusals of a server that it has killed. */
  expect(...patterns) {
    this.#expected.push(...patterns);
  }

  note(text) {
    this.#complaints.push(text);
  }

  follow(context) {
    context.on("page", (page) => this.#page(page));
  }

  #page(page) {
    page.on("pageerror", (error) => this.note(`page error: ${error.stack ?? error}`));
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      // Which answer it was is told by the response itself, below.
      if (message.text().startsWith("Failed to load resource")) return;
      this.note(`console: ${message.text()}`);
    });
    page.on("response", (response) => {
      const status = response.status();
      if (status >= 400) this.note(`answer: ${response.request().method()} ${path(response.url())} ${status}`);
    });
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // A request that its page has given up.
      if (why !== "net::ERR_ABORTED") this.note(`request: ${request.method()} ${path(request.url())} ${why}`);
    });
    page.on("request", (request) => this.#outside(request.url()));
    page.on("websocket", (socket) => this.#outside(socket.url().replace(/^ws/, "http")));
  }

  #outside(url) {
    const { origin, protocol } = new URL(url);
    if (/^https?:$/.test(protocol) && !this.#origins.has(origin)) this.note(`another origin: ${url}`);
  }

  /** Complaints since the last time, without those expected. */
  take() {
    const found = this.#complaints.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
    this.#complaints = [];
    return found;
  }
}

const path = (url) => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};
