// The page of a family's screen: noVNC on a WebSocket of ours, and the words around it. Without this file the page
// still says what became of the question, and its two forms work.
//
// The socket is opened at once and waits on the server until the family accepts: the picture comes by itself. It is
// opened again after every break, also when the machine starts x11vnc anew because mouse and keyboard were given.
import RFB from "../vendor/novnc/core/rfb.js";
import { Pace } from "./screen-pace.js";
import { fromWire, press, toWire, type } from "./screen-keys.js";

const OVER = 4410, ELSEWHERE = 4409, NO_SESSION = 4404, NOT_YOURS = 4403, SIGNED_OUT = 4401;
const WAITS = [200, 400, 800, 1500, 3000]; // ms between two attempts
const LOOK = 4000; // ms between two looks at the session, beside the live updates

const root = document.getElementById("screen");
const $ = (id) => document.getElementById(id);
const say = (name) => root.dataset[`say${name}`];
const session = root.dataset.session;
const mine = root.dataset.mine === "yes";
const page = crypto.randomUUID();

let rfb = null, attempts = 0, timer = 0, take = false, ended = false, clockOff = 0, fit = true;
const pace = new Pace((quality, compression) => {
  if (!rfb) return;
  rfb.qualityLevel = quality;
  rfb.compressionLevel = compression;
});

// -- what the session is, in words ---------------------------------------------------------------------------
const put = (id, text) => { const node = $(id); node.textContent = text; node.hidden = !text; };

const cover = (what, reason = "", next = "") => {
  put("cover-what", what);
  put("cover-reason", reason);
  put("cover-next", next);
};

const show = (state) => {
  root.dataset.state = state.state;
  root.dataset.control = state.control;
  root.dataset.ends = state.ends_at || "";
  clockOff = Date.parse(state.now) - Date.now();
  $("words").textContent = state.text;
  $("words").className = `badge tone-${{ accepted: "good", sent: "busy", asked: "waiting", impossible: "alert", unheard: "alert" }[state.state] || "quiet"}`;
  $("control-words").textContent = state.state === "accepted" ? [state.control_text, state.control_next].filter(Boolean).join(". ") : "";
  $("stop").hidden = !state.open;
  if (mine) $("ask-control").hidden = state.state !== "accepted" || ["asked", "given"].includes(state.control);
  if (rfb) rfb.viewOnly = state.control !== "given";
  $("detail").textContent = state.detail;
  $("cover-detail").hidden = !state.detail;
  if (!state.open) {
    finish();
    cover(state.text, state.reason, state.next);
  } else if (root.dataset.link !== "lost" && root.dataset.link !== "elsewhere") {
    if (state.state === "accepted" && mine) cover(say("Connecting"));
    else cover(state.text, state.reason, state.next);
  }
  tools();
};

const look = async () => {
  let answer;
  try {
    answer = await fetch(`/api/assist/${session}`, { headers: { Accept: "application/json" } });
  } catch { return; }
  if (answer.status === 401) { signedOut(); return; }
  if (answer.ok) show(await answer.json());
};

const signedOut = () => {
  finish();
  cover(say("SignedOut"));
  $("sign-in").hidden = false;
};

const finish = () => {
  ended = true;
  clearTimeout(timer);
  root.dataset.link = "over";
  if (rfb) { const old = rfb; rfb = null; old.disconnect(); }
  tools();
};

// -- the picture -----------------------------------------------------------------------------------------------
const connect = () => {
  clearTimeout(timer);
  if (ended || !mine || rfb) return;
  const url = new URL(`/assist/${session}/screen`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("page", page);
  if (take) url.searchParams.set("take", "true");
  const socket = new WebSocket(url);
  pace.follow(socket);
  let shown = false;
  const made = new RFB($("stage"), socket, { shared: false });
  rfb = made;
  made.viewOnly = root.dataset.control !== "given";
  made.scaleViewport = fit;
  made.showDotCursor = true;
  made.background = "";
  [made.qualityLevel, made.compressionLevel] = pace.levels;
  made.addEventListener("connect", () => {
    shown = true;
    attempts = 0;
    take = false;
    root.dataset.link = "connected";
    root.dataset.picture = "coming";
    drawn(made);
    tools();
    look();
    if (!made.viewOnly) made.focus();
  });
  made.addEventListener("clipboard", (event) => {
    if (root.dataset.control === "given") $("clipboard-text").value = fromWire(event.detail.text);
  });
  socket.addEventListener("close", (event) => {
    if (rfb !== made) return;
    rfb = null;
    made.disconnect();
    closed(event.code, shown);
  });
};

// Nobody tells that the first picture is drawn: until then its middle is see-through, and the page says what it waits for.
const drawn = (made) => {
  if (rfb !== made) return;
  const canvas = $("stage").querySelector("canvas");
  const middle = canvas?.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data;
  if (middle?.[3]) root.dataset.picture = "drawn";
  else setTimeout(drawn, 100, made);
};

const closed = (code, shown) => {
  pace.rest();
  if (code === ELSEWHERE) {
    root.dataset.link = "elsewhere";
    cover(say("Elsewhere"));
    $("here").hidden = false;
    tools();
    return;
  }
  if (code === SIGNED_OUT) { signedOut(); return; }
  if (code === NOT_YOURS || code === NO_SESSION) {
    finish();
    cover(say("NotYours"));
    return;
  }
  if (code !== OVER) {
    if (shown || attempts > 2) {
      root.dataset.link = attempts > 1 ? "lost" : "connecting";
      cover(attempts > 1 ? say("Lost") : say("Connecting"));
    }
    timer = setTimeout(connect, WAITS[Math.min(attempts, WAITS.length - 1)]);
    attempts += 1;
    tools();
  }
  look();
};

// -- what a person does ----------------------------------------------------------------------------------------
const tools = () => {
  if (!mine) return;
  const seen = root.dataset.link === "connected", given = seen && root.dataset.control === "given";
  for (const id of ["fit", "fullscreen"]) $(id).hidden = !seen;
  document.querySelector(".viewer-quality").hidden = !seen;
  for (const id of ["keys", "clipboard"]) $(id).hidden = !given;
  if (!seen) put("speed", "");
};

for (const form of document.querySelectorAll("form[data-do]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(`/api/assist/${session}/${form.dataset.do}`, {
        method: "POST",
        headers: { "X-CSRF-Token": root.dataset.csrf, Accept: "application/json" },
      });
      const body = await answer.json();
      if (answer.ok) show(body);
      else {
        await look();
        $("control-words").textContent = [body.error, body.hint].filter(Boolean).join(" ");
      }
    } catch {
      form.submit(); // the page says what is wrong
    } finally {
      button.disabled = false;
    }
  });
}

if (mine) {
  $("here").addEventListener("click", () => {
    $("here").hidden = true;
    root.dataset.link = "connecting";
    cover(say("Connecting"));
    take = true;
    attempts = 0;
    connect();
  });
  $("fit").addEventListener("click", () => {
    fit = !fit;
    $("fit").setAttribute("aria-pressed", String(fit));
    $("fit").title = $("fit").querySelector(".label").textContent = fit ? say("Fit") : say("Real");
    if (rfb) rfb.scaleViewport = fit;
  });
  $("fullscreen").addEventListener("click", async () => {
    if (document.fullscreenElement) { await document.exitFullscreen(); return; }
    await root.requestFullscreen();
    try { await navigator.keyboard?.lock?.(); } catch { /* other browsers keep Esc and Alt+Tab for themselves */ }
  });
  $("keys").addEventListener("click", (event) => {
    const button = event.target.closest("[data-keys]");
    if (button && rfb) press(rfb, button.dataset.keys.split(" "));
    if (button) { $("keys").open = false; rfb?.focus(); }
  });
  $("clipboard-send").addEventListener("click", () => {
    rfb?.clipboardPasteFrom(toWire($("clipboard-text").value));
    $("clipboard").open = false;
    rfb?.focus();
  });
  $("type-text").addEventListener("click", async () => {
    const made = rfb, text = $("clipboard-text").value;
    $("clipboard").open = false;
    if (!made) return;
    $("type-text").disabled = true;
    try { await type(made, text); } finally { $("type-text").disabled = false; }
    made.focus();
  });
  $("clipboard-copy").addEventListener("click", async () => {
    try { await navigator.clipboard.writeText($("clipboard-text").value); } catch { $("clipboard-text").select(); return; }
    const label = $("clipboard-copy").querySelector(".label"), before = label.textContent;
    label.textContent = say("Copied");
    setTimeout(() => { label.textContent = before; }, 2000);
  });
  $("quality").addEventListener("change", () => pace.choose($("quality").value));
  setInterval(() => {
    if (root.dataset.link !== "connected") return;
    const { rate, delay, slow } = pace.figures();
    const text = delay === null ? "" : say("Speed").replace("{rate}", rate).replace("{delay}", delay);
    put("speed", slow ? `${text} · ${say("Slow")}` : text);
  }, 1000);
}

// -- time left, news -------------------------------------------------------------------------------------------------
const left = () => {
  const ends = Date.parse(root.dataset.ends);
  if (!ends || ended) { put("time-left", ""); return; }
  const seconds = Math.max(0, Math.round((ends - Date.now() - clockOff) / 1000));
  put("time-left", say("Left").replace("{time}", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`));
};
setInterval(left, 1000);
left();

if (["sent", "asked", "accepted"].includes(root.dataset.state)) {
  const news = new EventSource(`/events?topic=machine:${root.dataset.machine}`);
  news.addEventListener("changed", look);
  news.addEventListener("hello", look);
  const looking = setInterval(() => {
    if (ended) { clearInterval(looking); news.close(); } else look();
  }, LOOK);
  connect();
} else {
  finish();
}
