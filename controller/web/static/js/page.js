// Small helps that a page can do without: scanner, copy buttons, menus, forms that must not be sent twice.
(() => {
  "use strict";

  // -- a USB scanner types a label's text and Enter, wherever the page is -------------------------------------
  // It types as a US keyboard whatever the PC's layout, so the physical keys are read beside the characters.
  const CODES = { Minus: "-", Slash: "/", Period: "." };
  const TAG = /(?:^|\/m\/|%2Fm%2F)R?-?(\d{1,6})$/i;
  let typed = "", pressed = "", last = 0;

  const inField = (node) => node instanceof Element && node.closest("input, textarea, select, [contenteditable]");
  const character = (event) => {
    const key = /^(?:Key|Digit|Numpad)(.)$/.exec(event.code);
    return key ? key[1] : CODES[event.code] || "";
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || inField(event.target)) return;
    const now = event.timeStamp;
    if (now - last > 2000) typed = pressed = "";
    last = now;
    if (event.key === "Enter") {
      const found = TAG.exec(typed.trim()) || TAG.exec(pressed);
      typed = pressed = "";
      if (found) {
        event.preventDefault();
        location.assign(`/m/R-${found[1].padStart(6, "0")}`);
      }
    } else if (event.key === "/" && !typed) {
      event.preventDefault();
      document.getElementById("find")?.focus();
    } else if (event.key.length === 1) {
      typed += event.key;
      pressed += character(event);
    }
  });

  // -- copy all of a technical detail ----------------------------------------------------------------------------
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy)?.textContent || "";
    try { await navigator.clipboard.writeText(text); } catch { return; }
    const label = button.querySelector(".label");
    const before = label.textContent;
    label.textContent = button.dataset.done;
    setTimeout(() => { label.textContent = before; }, 2000);
  });

  // -- menus close on Escape and on a click elsewhere ------------------------------------------------------------
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // -- a form is sent once ------------------------------------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("hx-post") || event.target.target === "_blank") return;
    setTimeout(() => { for (const button of event.target.querySelectorAll("button")) button.disabled = true; });
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("form button[disabled]")) button.disabled = false;
  });

  // -- a choice that is its own button ------------------------------------------------------------------------------
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // -- what was just done is said once: a reload doesn't say it again, and it is where the focus goes --------------
  const settle = () => {
    const url = new URL(location.href);
    if (url.searchParams.has("said")) {
      url.searchParams.delete("said");
      history.replaceState(history.state, "", url);
    }
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    settle();
    const notice = document.getElementById("notice");
    const afterForm = event.detail.requestConfig && event.detail.requestConfig.verb === "post";
    if (afterForm && notice && notice.childElementCount) notice.focus();
  });
  settle();

  // What was typed in a form that did its work is gone with it; a morph would keep it otherwise.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, verb } = event.detail.requestConfig;
    if (verb !== "post" || event.detail.isError || !(elt instanceof HTMLFormElement)) return;
    elt.reset();
    const fold = elt.closest("details.fold");
    if (fold) fold.open = false;
  });

  // -- camera: only where the browser can read codes -------------------------------------------------------------------
  const scan = document.querySelector("[data-scan]");
  if (scan && "BarcodeDetector" in window && navigator.mediaDevices) {
    scan.hidden = false;
    scan.addEventListener("click", async () => {
      const dialog = document.getElementById("scan");
      const video = dialog.querySelector("video");
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
      if (!stream) { scan.hidden = true; return; } // no camera, or the person said no
      const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      const stop = () => { for (const track of stream.getTracks()) track.stop(); };
      dialog.addEventListener("close", stop, { once: true });
      video.srcObject = stream;
      dialog.showModal();
      await video.play();
      while (dialog.open) {
        const [code] = await detector.detect(video).catch(() => []);
        const found = code && TAG.exec(code.rawValue);
        if (found) { location.assign(`/m/R-${found[1].padStart(6, "0")}`); break; }
        await new Promise((next) => setTimeout(next, 200));
      }
    });
  }
})();
