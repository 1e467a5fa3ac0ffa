// One client of a name server that keeps so many queries in flight, and says how it went, as JSON:
//
//   bun bench/dns-load.ts NAME [QUERIES [IN_FLIGHT]]
//
// It is run in a container's network namespace, and is a process of its own as a container's is.

const [name = "", queries = "100000", inFlight = "64"] = process.argv.slice(2);
const QUERIES = Number(queries);
const LOST_MS = 2000;
const IDS = 0x10000;

const query = encodeQuery(name);
const sentAt = new Float64Array(IDS);
const latencies = new Float64Array(QUERIES);
const finished = Promise.withResolvers<void>();
let sent = 0;
let answered = 0;
let wrong = 0;
let lastAnswer = performance.now();

const socket = await Bun.udpSocket({
  connect: { hostname: "127.0.0.11", port: 53 },
  socket: {
    data(_socket, answer) {
      lastAnswer = performance.now();
      latencies[answered] = lastAnswer - (sentAt[answer.readUInt16BE(0)] ?? 0);
      answered += 1;
      // NOERROR with one record, or it is no answer to this.
      if ((answer.readUInt16BE(2) & 0xf) !== 0 || answer.readUInt16BE(6) !== 1) wrong += 1;
      if (sent < QUERIES) ask();
      else if (answered === QUERIES) finished.resolve();
    },
  },
});
// Each lost one leaves a place empty: the others go on, and the end is when nothing comes any more.
const watch = setInterval(() => {
  if (performance.now() - lastAnswer > LOST_MS) finished.resolve();
}, LOST_MS);

const start = performance.now();
for (let place = 0; place < Number(inFlight); place++) ask();
await finished.promise;
const elapsedMs = lastAnswer - start;
clearInterval(watch);
socket.close();

const sorted = latencies.subarray(0, answered).sort();
console.log(
  JSON.stringify({
    perSecond: Math.round((answered / elapsedMs) * 1000),
    p50Ms: sorted[Math.floor(answered * 0.5)],
    p99Ms: sorted[Math.floor(answered * 0.99)],
    maxMs: sorted[answered - 1],
    lost: sent - answered,
    wrong,
  }),
);

function ask(): void {
  const id = sent % IDS;
  sent += 1;
  query.writeUInt16BE(id, 0);
  sentAt[id] = performance.now();
  socket.send(query);
}

/** A query for the IPv4 addresses of a name, with room for an id. */
function encodeQuery(text: string): Buffer {
  const HEAD = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const labels = text.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([...HEAD, ...labels, 0, 0, 1, 0, 1]);
}

export {};
