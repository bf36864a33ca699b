// Keys, live counters and the undo's countdown. Everything here has a link or a button that works without it.
"use strict";
(() => {
  const root = document.documentElement, body = document.body;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private windows */ } };

  // --- An invitation's token stands behind "#", where no server sees it: it is sent on, and leaves the address.
  const token = one("[data-token]");
  if (token && location.hash.length > 1) {
    token.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    token.form.requestSubmit();
  }

  // --- Forms: never sent twice; what is typed is not left by accident.
  let dirty = false;
  const edit = one("[data-edit]");
  if (edit) {
    edit.addEventListener("input", () => { dirty = true; });
    if (one("[role=alert]")) dirty = true;
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }
  addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    if (event.target.method === "dialog") return;
    event.target.dataset.sent = "1";
    if (event.target === edit) dirty = false;
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // A page that comes back from the history can be sent again.
  addEventListener("pageshow", () => all("[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    all("[aria-busy]", form).forEach((button) => button.removeAttribute("aria-busy"));
  }));

  one(".top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

  // --- Help
  const help = one("#help");
  one("[data-dialog]")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    help.showModal();
  });

  // --- A panel that opens takes the focus; a click elsewhere or Esc closes it.
  all("details.reject, details.menu, details.confirm").forEach((panel) => {
    panel.addEventListener("toggle", () => { if (panel.open) one("textarea, input:not([type=hidden]), form button", panel)?.focus(); });
    if (panel.open) one("textarea", panel)?.focus();
  });
  addEventListener("click", (event) => all("details.menu[open], details.reject[open]").forEach((panel) => {
    if (!panel.contains(event.target)) panel.open = false;
  }));

  // --- Keys
  const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "radio";
  let going = 0;
  const rows = () => all("[data-list] [data-row]");
  const step = (by) => {
    const list = rows();
    const at = list.indexOf(document.activeElement);
    const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const press = (key) => {
    const target = all("[data-key]").find((control) => control.dataset.key === key && control.getClientRects().length);
    if (target) target.click();
    return Boolean(target);
  };
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const { key, target } = event;
    if (edit && (event.ctrlKey || event.metaKey) && !event.altKey && edit.contains(target)) {
      const name = key.toLowerCase() === "s" ? "save" : key === "Enter" ? "approve" : "";
      const button = name && one(`[data-submit="${name}"]`, edit);
      if (button) { event.preventDefault(); if (!event.repeat) edit.requestSubmit(button); }
      return;
    }
    if (key === "Escape") {
      const open = one("details.reject[open], details.menu[open]");
      if (open) { open.open = false; one("summary", open).focus(); } else if (typing(target)) target.blur();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || root.dataset.keys === "off" || typing(target) || help.open) return;
    if (key === "?" && press("?")) { event.preventDefault(); return; }
    if (event.shiftKey) return;
    if (event.timeStamp - going < 1500 && going) {
      going = 0;
      const link = one(`[data-go="${CSS.escape(key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (key === "j" || key === "k") {
      event.preventDefault();
      // In review the list is the queue: down and up are next and previous.
      if (body.dataset.section === "review" && !event.repeat && press(key === "j" ? "n" : "p")) return;
      if (body.dataset.section !== "review") step(key === "j" ? 1 : -1);
      return;
    }
    // A key held down must not decide one post after the other.
    if (event.repeat) return;
    if (key === "g") { going = event.timeStamp; return; }
    if (key === "/") {
      const field = one("[data-search]");
      if (field) { event.preventDefault(); field.focus(); }
      return;
    }
    if (/^[a-z]$/.test(key) && press(key)) event.preventDefault();
  });

  // --- Undo: counts down on the browser's own clock, so that a wrong wall clock does not matter.
  all("[data-left]").forEach((span) => {
    const until = performance.now() + Number(span.dataset.left);
    const tick = () => {
      const left = Math.ceil((until - performance.now()) / 1000);
      if (left > 0) {
        span.textContent = `goes out in ${left} s`;
        setTimeout(tick, 250);
      } else {
        span.textContent = "is on its way";
        one("[data-undo]")?.remove();
      }
    };
    tick();
  });

  // --- Live: one stream for this page, none while it is hidden or paused.
  const lamp = one("#live");
  if (!lamp || !("EventSource" in window)) return;
  const word = one(".live-word", lamp);
  let stream = null, paused = stored("copydesk_live") === "paused";
  const show = (state) => { lamp.dataset.state = state; word.textContent = state; lamp.setAttribute("aria-label", `Live updates: ${state}`); };
  const number = new Intl.NumberFormat("en");

  // Of the queues only those are told whose counts have changed.
  const lanes = new Map();
  const counts = (told) => {
    if (told.whole) lanes.clear();
    (told.queues || []).forEach((lane) => lanes.set(`lane:${lane.queue}:${lane.priority}`, lane.counts));
    const sums = {};
    const add = (name) => ([state, n]) => { sums[`${name}:${state}`] = n; };
    Object.entries(told.posts || {}).forEach(add("post"));
    Object.entries(told.jobs || {}).forEach(add("job"));
    lanes.forEach((lane, name) => Object.entries(lane || {}).forEach(add(name)));
    all("[data-count]").forEach((cell) => {
      const [, lane, states] = /^(.*:)([^:]*)$/.exec(cell.dataset.count);
      const text = number.format(states.split("+").reduce((sum, state) => sum + (sums[lane + state] || 0), 0));
      if (cell.textContent !== text) cell.textContent = text;
    });
  };

  // New rows wait behind a link, so that nothing moves under the pointer.
  const seen = new Set();
  const fresh = (id) => {
    const box = one("#fresh");
    if (!box || seen.has(id)) return;
    seen.add(id);
    one("[data-fresh]", box).textContent = number.format(seen.size);
    box.hidden = false;
  };
  const ticker = one("[data-ticker]");
  const tell = (words, href) => {
    if (!ticker) return;
    const line = document.createElement("li");
    const text = href ? document.createElement("a") : document.createElement("span");
    if (href) text.href = href;
    text.textContent = words;
    const at = document.createElement("span");
    at.className = "meta";
    at.textContent = ` ${new Date().toLocaleTimeString([], { hour12: false })}`;
    line.append(text, at);
    ticker.prepend(line);
    while (ticker.children.length > 12) ticker.lastChild.remove();
  };
  ticker?.closest("[hidden]").removeAttribute("hidden");
  const section = body.dataset.section;
  const onPost = (told) => {
    const words = told.type.replaceAll("_", " ");
    if (section === "overview") tell(`${told.title}: ${words}`, `/console/posts/${told.post}`);
    if (told.post === body.dataset.post) {
      const warning = one("#overtaken");
      const news = told.version > Number(body.dataset.version) || told.state !== body.dataset.state;
      if (warning && news) warning.hidden = false;
    } else if (section === "posts" || section === "review" && told.type === "submitted") fresh(told.post);
  };
  const onSource = (told) => {
    all(`[data-source="${CSS.escape(told.source)}"]`).forEach((row) => {
      one("[data-outcome]", row).textContent = told.outcome;
      one("[data-polled]", row).textContent = "now";
    });
  };
  const onJob = (told) => {
    if (told.job === body.dataset.job) {
      const cell = one("[data-progress]");
      if (told.type === "progress" && cell) cell.textContent = told.detail; else one("#moved").hidden = false;
      return;
    }
    if (told.type === "progress" || told.type === "enqueued") return;
    // A run that ends without an error and is not done has put itself off, such as the poll of a source.
    const words = told.type === "snoozed" ? "due again later" : told.type === "dead" ? "given up" : told.type;
    const why = (told.type === "failed" || told.type === "dead") && told.detail ? `, ${told.detail}` : "";
    tell(`${told.kind}: ${words}${why}`, `/console/jobs/${told.job}`);
  };

  const close = () => { stream?.close(); stream = null; };
  const open = () => {
    if (stream || paused || document.hidden) return;
    show("connecting");
    const wish = ["kinds", "job"].find((name) => section === "jobs" && body.dataset[name]);
    const kinds = wish ? `,jobs&${wish === "job" ? "jobs" : wish}=${encodeURIComponent(body.dataset[wish])}` : "";
    stream = new EventSource(`/api/v3/events?topics=counts,posts,sources${kinds}`);
    const on = (name, act) => stream.addEventListener(name, (event) => {
      try { const told = JSON.parse(event.data); if (told.type !== "resync") act(told); } catch { /* not for us */ }
    });
    stream.onopen = () => show("live");
    stream.onerror = () => { show("reconnecting"); if (stream.readyState === 2) { close(); setTimeout(open, 5000); } };
    on("counts", counts);
    on("posts", onPost);
    on("sources", onSource);
    on("jobs", onJob);
  };
  lamp.hidden = false;
  lamp.addEventListener("click", () => {
    paused = !paused;
    store("copydesk_live", paused ? "paused" : "");
    if (paused) { close(); show("paused"); } else open();
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); });
  addEventListener("pagehide", close);
  if (paused) show("paused"); else open();
})();
