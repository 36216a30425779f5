// Live updates: one EventSource for the page's topic, morphing in place. The page is whole without this file.
//
// <main data-topic="board" data-seen="REVISION"> names what to listen to. Events from /events:
//   hello REVISION   the connection is open; when REVISION isn't the page's, something was missed
//   changed          elements marked [data-live] fetch themselves again (their own hx-get) and morph
//   card {id, html}  one card of the board, morphed where it stands
//   log STEP         new lines in a step's log
//   beat             nothing new; a connection without beats is dead
(() => {
  "use strict";

  const SILENCE = 40000; // ms without any event, three missed beats: the connection is dead
  const MAX_WAIT = 15000; // ms between two attempts
  const MAX_LINES = 800; // lines kept in a log on the page

  let source = null, topic = null, attempts = 0, timer = 0, watchdog = 0;

  // -- what a morph must leave alone: open folds, logs, half-typed fields --------------------------------
  const dirty = (node) =>
    (node instanceof HTMLInputElement && (node.value !== node.defaultValue || node.checked !== node.defaultChecked)) ||
    (node instanceof HTMLTextAreaElement && node.value !== node.defaultValue) ||
    (node instanceof HTMLSelectElement && [...node.options].some((o) => o.selected !== o.defaultSelected));

  // Each script is a request of its own. Where the page was left, or the line cut, before this one's came, the page
  // stays as it was sent.
  const { Idiomorph, htmx } = window;
  if (!Idiomorph || !htmx) return;
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old) =>
    !(old instanceof Element && (old.hasAttribute("data-keep") || dirty(old)));
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" && node instanceof HTMLDetailsElement);

  // -- the indicator ------------------------------------------------------------------------------------------
  const show = (state) => {
    for (const node of document.querySelectorAll(".live")) {
      if (state === "lost" && node.dataset.state !== "lost") {
        const clock = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
        for (const time of node.querySelectorAll("time")) time.textContent = clock;
      }
      node.dataset.state = state;
    }
  };

  // -- the connection -----------------------------------------------------------------------------------------
  const refresh = () => {
    for (const node of document.querySelectorAll("[data-live]")) htmx.trigger(node, "changed");
    for (const log of document.querySelectorAll(".log[data-log]")) if (log.closest("details")?.open) readLog(log);
  };

  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, SILENCE);
    if (attempts) refresh();
    attempts = 0;
    show("on");
  };

  const lost = () => {
    close();
    attempts += 1;
    if (attempts > 1) show("lost"); // one hiccup isn't worth a red band
    if (attempts % 4 === 0) askWhy();
    const wait = Math.min(MAX_WAIT, 500 * 2 ** attempts) * (0.75 + Math.random() / 2);
    timer = setTimeout(open, wait);
  };

  // Signed out meanwhile: the sign-in page tells so.
  const askWhy = async () => {
    try {
      const answer = await fetch("/events?probe=1", { redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401) location.reload();
    } catch { /* still away */ }
  };

  const close = () => {
    clearTimeout(timer);
    clearTimeout(watchdog);
    if (source) source.close();
    source = null;
  };

  const open = () => {
    close();
    const main = document.querySelector("main[data-topic]");
    topic = main ? main.dataset.topic : null;
    if (!topic || document.hidden) return;
    source = new EventSource(`/events?topic=${encodeURIComponent(topic)}`);
    const on = (name, act) => source.addEventListener(name, (event) => { alive(); act(event.data); });
    on("hello", (revision) => {
      const page = document.querySelector("main[data-seen]");
      if (page && page.dataset.seen !== revision) refresh();
      if (page) page.dataset.seen = revision;
    });
    on("changed", () => { for (const node of document.querySelectorAll("[data-live]")) htmx.trigger(node, "changed"); });
    on("card", (data) => {
      const card = JSON.parse(data);
      const node = document.getElementById(`card-${card.id}`);
      if (node) htmx.process(Idiomorph.morph(node, card.html, { morphStyle: "outerHTML" })[0] || node);
    });
    on("log", (step) => {
      const log = document.getElementById(`log-${step}`);
      if (log && log.closest("details")?.open) readLog(log);
    });
    on("beat", () => {});
    source.onerror = lost;
  };

  // A hidden tab gives its connection back: browsers allow six for one host, and a bench has many tabs.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else { attempts = Math.max(attempts, 1); open(); }
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) { attempts = 1; open(); } });
  document.addEventListener("htmx:afterSettle", () => {
    const main = document.querySelector("main[data-topic]");
    if ((main ? main.dataset.topic : null) !== topic) open();
  });

  // -- logs: appended, bounded, followed only by who is at the bottom --------------------------------------
  const readLog = async (log) => {
    if (log.busy) { log.again = true; return; }
    log.busy = true;
    try {
      const answer = await fetch(`${log.dataset.log}?after=${log.dataset.after}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      const part = document.createElement("template");
      part.innerHTML = await answer.text();
      const lines = part.content.querySelectorAll("li[data-id]");
      if (!lines.length) return;
      const atBottom = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
      log.append(...lines);
      log.dataset.after = lines[lines.length - 1].dataset.id;
      const before = log.scrollHeight;
      while (log.children.length > MAX_LINES) log.firstElementChild.remove();
      if (atBottom) log.scrollTop = log.scrollHeight;
      else log.scrollTop -= before - log.scrollHeight;
    } finally {
      log.busy = false;
      if (log.again) { log.again = false; readLog(log); }
    }
  };

  document.addEventListener("toggle", (event) => {
    if (event.target instanceof HTMLDetailsElement && event.target.open) {
      for (const log of event.target.querySelectorAll(":scope > .inside > .log[data-log]")) readLog(log);
    }
  }, true);

  show("wait");
  open();
  for (const log of document.querySelectorAll("details[open] .log[data-log]")) readLog(log);
})();
