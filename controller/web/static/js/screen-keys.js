// Keys that a browser keeps for itself, and text typed as a person would type it.
import keysyms from "../vendor/novnc/core/input/keysymdef.js";
import KeyTable from "../vendor/novnc/core/input/keysym.js";

const PAUSE = 40; // ms after each handful of characters: the desktop's own programs must keep up
const HANDFUL = 10;
const RARE = 120; // ms around a character that their keyboard may lack: x11vnc puts it onto a free key first

// Press keys together, named as in X (Control_L, Delete): down in order, up in the other.
export const press = (rfb, names) => {
  const symbols = names.map((name) => KeyTable[`XK_${name}`]);
  for (const symbol of symbols) rfb.sendKey(symbol, null, true);
  for (const symbol of symbols.reverse()) rfb.sendKey(symbol, null, false);
};

const symbolOf = (character) => {
  if (character === "\n") return KeyTable.XK_Return;
  if (character === "\t") return KeyTable.XK_Tab;
  return keysyms.lookup(character.codePointAt(0));
};

const pause = (time) => new Promise((done) => { setTimeout(done, time); });

// Type a text: each character is one key, whatever the keyboards of both sides are.
export const type = async (rfb, text) => {
  let count = 0;
  for (const character of text.replace(/\r\n?/g, "\n")) {
    rfb.sendKey(symbolOf(character), null);
    count += 1;
    if (character > "~") await pause(RARE);
    else if (count % HANDFUL === 0) await pause(PAUSE);
  }
};

// The clipboard's text travels as bytes, which noVNC takes for Latin-1; x11vnc hands them on as UTF-8, and gives UTF-8.
export const toWire = (text) => Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");

export const fromWire = (text) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  } catch {
    return text; // of an old program, in Latin-1
  }
};
