// How much of the picture a family's line can carry: measured on the way, and the quality chosen by it.
//
// noVNC asks for an update only when the one before is whole. So on the socket: a request goes out, the first bytes of
// the answer come, the next request goes out: between the last two lies the time that the update took to arrive, and
// nothing else. A big update that takes long means a slow line; the shortest wait between a request and its first
// bytes is the way there and back.

const LEVELS = [[1, 9], [3, 8], [5, 6], [7, 4], [9, 2]]; // JPEG quality and compression, worst line first
const CHOSEN = { light: 0, middle: 2, sharp: 4 };
const START = 3;
const BIG = 6000; // bytes: smaller updates say nothing about the line
const SLOW = 450, QUICK = 120; // ms that an update may take, and below which the next level is tried
const STEADY = 6; // quick updates in a row before the quality goes up
const REQUEST = 3, REQUEST_BYTES = 10; // RFB's FramebufferUpdateRequest
const WINDOW = 5000; // ms over which the rate is shown

const asksForUpdate = (data) => {
  const bytes = new Uint8Array(data.buffer || data, data.byteOffset || 0, data.byteLength);
  return bytes.length === REQUEST_BYTES && bytes[0] === REQUEST;
};

export class Pace {
  constructor(apply) {
    this.apply = apply;
    this.level = START;
    this.fixed = false;
    this.now = () => performance.now();
    this.rest();
  }

  get levels() { return LEVELS[this.level]; }

  // Nothing is measured across a break.
  rest() {
    this.asked = this.first = null;
    this.bytes = 0;
    this.took = null;
    this.waits = [];
    this.came = [];
    this.quick = 0;
  }

  // Watch a WebSocket, before noVNC takes it.
  follow(socket) {
    this.rest();
    const send = socket.send.bind(socket);
    socket.send = (data) => {
      const asks = asksForUpdate(data);
      send(data);
      // noVNC is in the middle of emptying its buffer. A new quality goes through that buffer too: written into it now, it
      // would be cut off, and x11vnc would wait for the rest while the picture stands still.
      if (asks) queueMicrotask(() => this.asks());
    };
    socket.addEventListener("message", (event) => this.received(event.data.byteLength || 0));
  }

  // A request has gone out.
  asks() {
    const now = this.now();
    if (this.asked !== null && this.first !== null) this.update(this.first - this.asked, now - this.first, this.bytes);
    this.asked = now;
    this.first = null;
    this.bytes = 0;
  }

  received(length) {
    const now = this.now();
    if (this.first === null) this.first = now;
    this.bytes += length;
    this.came.push([now, length]);
    while (this.came.length && this.came[0][0] < now - WINDOW) this.came.shift();
  }

  // One update: how long it was waited for, how long it took to arrive, how big it was.
  update(wait, took, bytes) {
    this.waits.push(wait);
    if (this.waits.length > 60) this.waits.shift();
    if (bytes < BIG) return;
    this.took = this.took === null ? took : this.took * 0.6 + took * 0.4;
    this.quick = this.took < QUICK ? this.quick + 1 : 0;
    if (this.fixed) return;
    if (this.took > SLOW && this.level > 0) this.go(this.level - 1);
    else if (this.quick >= STEADY && this.level < LEVELS.length - 1) this.go(this.level + 1);
  }

  go(level) {
    this.level = level;
    this.took = null; // what the new level costs is not known yet
    this.quick = 0;
    this.apply(...LEVELS[level]);
  }

  // "auto", or a level that a person wants.
  choose(name) {
    this.fixed = name in CHOSEN;
    this.go(this.fixed ? CHOSEN[name] : START);
  }

  figures() {
    const since = this.now() - WINDOW;
    const bytes = this.came.reduce((sum, [at, length]) => sum + (at >= since ? length : 0), 0);
    return {
      rate: Math.round(bytes / WINDOW),
      delay: this.waits.length ? Math.round(Math.min(...this.waits)) : null,
      level: this.level,
      slow: this.level <= 1 && !this.fixed,
    };
  }
}
