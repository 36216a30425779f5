// The technician's terminal: xterm.js on a WebSocket, with flow control both ways (see routes/terminal.py).
(() => {
  "use strict";
  const ask = document.getElementById("terminal-ask");
  const box = document.getElementById("terminal-box");
  if (!ask || !box) return;
  const place = document.getElementById("terminal");
  const state = document.getElementById("terminal-state");
  const end = document.getElementById("terminal-end");
  const again = document.getElementById("terminal-again");
  const ROOM = Number(box.dataset.room); // bytes that may be on their way to the shell
  const ACKNOWLEDGE = Number(box.dataset.window) / 4;
  const PIECE = 8192;

  // The pages' policy allows no <style>: whatever xterm.js would put into one becomes a constructed sheet.
  const createElement = document.createElement.bind(document);
  document.createElement = (name, options) => {
    if (String(name).toLowerCase() !== "style") return createElement(name, options);
    const made = createElement("template");
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    Object.defineProperty(made, "textContent", { get: () => "", set: (text) => sheet.replaceSync(text) });
    Object.defineProperty(made, "sheet", { value: sheet });
    made.remove = () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
      Element.prototype.remove.call(made);
    };
    return made;
  };

  const setAttribute = Element.prototype.setAttribute;
  HTMLSpanElement.prototype.setAttribute = function set(name, value) {
    if (name === "style") this.style.cssText = value; // of a colour that is none of the theme's
    else setAttribute.call(this, name, value);
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const open = (why) => {
    const term = new window.Terminal({
      fontFamily: colour("--mono") || "monospace",
      fontSize: 15,
      scrollback: 5000,
      cursorBlink: true,
      minimumContrastRatio: 4.5, // a program may print dark blue on dark
      theme: {
        background: colour("--terminal"),
        foreground: colour("--on-terminal"),
        cursor: colour("--on-terminal"),
        selectionBackground: colour("--terminal-selection"),
      },
    });
    const fit = new window.FitAddon.FitAddon();
    term.loadAddon(fit);
    ask.hidden = true;
    box.hidden = false;
    end.hidden = false;
    again.hidden = true;
    place.replaceChildren();
    term.open(place);
    fit.fit();
    state.textContent = box.dataset.opening;

    const socket = new WebSocket(`wss://${location.host}${ask.dataset.socket}`);
    socket.binaryType = "arraybuffer";
    const encoder = new TextEncoder();
    const waiting = []; // pieces of what was typed or pasted
    let room = ROOM, shown = 0, over = "", ready = false;

    const say = (what) => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what)); };
    const pour = () => {
      while (ready && waiting.length && waiting[0].length <= room && socket.readyState === WebSocket.OPEN) {
        const piece = waiting.shift();
        room -= piece.length;
        socket.send(piece);
      }
    };
    const type = (bytes) => {
      if (over) return;
      for (let at = 0; at < bytes.length; at += PIECE) waiting.push(bytes.subarray(at, at + PIECE));
      pour();
    };
    term.onData((text) => type(encoder.encode(text)));
    term.onBinary((text) => type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    term.onResize(({ cols, rows }) => say({ size: [cols, rows] }));
    // Copy where something is selected, as everywhere else on this computer; the keyboard's way out of the terminal.
    term.attachCustomKeyEventHandler((event) => {
      if (event.type !== "keydown" || !event.ctrlKey) return true;
      if (event.shiftKey && event.key === "Escape") { end.focus(); return false; }
      if (event.key === "c" && term.hasSelection()) {
        navigator.clipboard?.writeText(term.getSelection());
        term.clearSelection();
        event.preventDefault();
        return false;
      }
      return !(event.key === "v"); // the browser pastes, xterm.js hears that
    });
    const resized = new ResizeObserver(() => { if (!over && !box.hidden) fit.fit(); });
    resized.observe(place);

    socket.onopen = () => say({ open: { why, columns: term.cols, rows: term.rows } });
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) {
        term.write(new Uint8Array(data), () => {
          shown += data.byteLength;
          if (shown >= ACKNOWLEDGE) { say({ took: shown }); shown = 0; }
        });
        return;
      }
      const order = JSON.parse(data);
      if (order.ready) { ready = true; state.textContent = box.dataset.open; box.dataset.state = "open"; term.focus(); pour(); }
      if (order.took) { room += order.took; pour(); }
      if (order.end) over = order.end;
    };
    socket.onclose = () => {
      over = over || box.dataset.lost;
      resized.disconnect();
      term.options.disableStdin = true;
      term.options.cursorBlink = false;
      state.textContent = over;
      box.dataset.state = "over";
      end.hidden = true;
      again.hidden = false;
      again.focus();
    };
    end.onclick = () => socket.close();
    again.onclick = () => { term.dispose(); box.hidden = true; box.dataset.state = "";
      ask.hidden = false;
      for (const button of ask.querySelectorAll("button")) button.disabled = false;
      ask.elements.why.focus();
    };
    box.terminal = term; // for tests, and for whoever looks into a fault
  };

  ask.addEventListener("submit", (event) => {
    event.preventDefault();
    const why = ask.elements.why.value.trim();
    if (why.length >= 3) open(why);
  });
})();
