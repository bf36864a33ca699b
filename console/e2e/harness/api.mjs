// The product's API from outside the browser, to arrange and to look after.
import { until } from "./wait.mjs";

let guests = 0;

export class Api {
  #keys = new Map();

  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  /** What the answer holds; an answer of 400 and above is an error unless `allow` names it. */
  async call(method, path, body, { key = this.key, headers = {}, allow = [] } = {}) {
    const { status, body: answer } = await this.ask(method, path, body, { key, headers });
    if (status >= 400 && !allow.includes(status)) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The answer with its status and headers, whatever it is. */
  async ask(method, path, body, { key = this.key, headers = {} } = {}) {
    const response = await fetch(this.url + (path.startsWith("/") ? path : `/api/v3/${path}`), {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
  }

  /** A key of a role, one for each name. */
  async keyOf(role, name) {
    const known = `${role} ${name}`;
    if (!this.#keys.has(known)) this.#keys.set(known, this.call("POST", "keys", { name, role }).then((made) => made.secret));
    return this.#keys.get(known);
  }

  /** Opens a session: its cookie for a browser and its token for calls that change something. */
  async session(key) {
    return this.#enter("session", { key });
  }

  /** Makes the account of a person, invited by the administrator, and opens their session. */
  async person(role, name) {
    const { link } = await this.call("POST", "invitations", { email: `${name}@journeys.example`, role });
    return this.#enter("invitations/accept", { token: new URL(link).hash.slice(1), name, password: `the journey of ${name}` });
  }

  async #enter(path, credentials) {
    guests += 1;
    const guest = `10.${(guests >> 16) & 255}.${(guests >> 8) & 255}.${guests & 255}`;
    const { status, headers, body } = await this.ask("POST", path, credentials, { key: null, headers: { "x-forwarded-for": guest } });
    if (status !== 200) throw new Error(`signing in: ${status} ${JSON.stringify(body)}`);
    const [name, value] = headers.getSetCookie()[0].split(";")[0].split("=");
    return { cookie: { name, value, url: this.url, httpOnly: true, sameSite: "Strict" }, csrf: body.csrf };
  }

  /** Ends a session from elsewhere, as an administrator or the clock would. */
  async endSession({ cookie, csrf }) {
    await this.call("DELETE", "session", undefined, {
      key: null,
      headers: { cookie: `${cookie.name}=${cookie.value}`, "x-csrf-token": csrf },
    });
  }

  /** Writes posts and waits until each is in `state`; gives them as the API shows them. */
  async posts(count, { title = (i) => `Note ${i + 1} from the reading room`, state = "in_review", key = this.key } = {}) {
    const made = [];
    for (let i = 0; i < count; i += 1) {
      made.push(
        await this.call(
          "POST",
          "posts",
          {
            title: title(i),
            topic: "Town",
            excerpt: "The reading room changes its hours.",
            body: "The reading room opens at nine from Monday.\n\nIt closes at six, except on Friday, when it closes at four.",
          },
          { key },
        ),
      );
    }
    const ready = [];
    for (const { id } of made) {
      ready.push(
        await until(`post ${id} in ${state}`, async () => {
          const post = await this.call("GET", `posts/${id}`);
          return post.state === state && post;
        }),
      );
    }
    return ready;
  }
}
