// Sends a byte over TCP and waits for it to come back, so many times, and says how long that took:
//
//   bun bench/tcp-latency.ts serve PORT
//   bun bench/tcp-latency.ts ask ADDRESS PORT ROUND_TRIPS
//
// Each runs in a network namespace, as a process of its own.

const [role = "", ...args] = process.argv.slice(2);
if (role === "serve") serve(Number(args[0]));
else await ask(args[0] ?? "", Number(args[1]), Number(args[2]));

function serve(port: number): void {
  Bun.listen({
    hostname: "0.0.0.0",
    port,
    socket: {
      open: (client) => void client.setNoDelay(true),
      data: (client, bytes) => void client.write(bytes),
    },
  });
  console.log("listening");
}

async function ask(hostname: string, port: number, roundTrips: number): Promise<void> {
  const times = new Float64Array(roundTrips);
  const finished = Promise.withResolvers<void>();
  const byte = Uint8Array.of(1);
  let done = 0;
  let sentAt = 0;
  const send = (socket: { write(bytes: Uint8Array): number }) => {
    sentAt = performance.now();
    socket.write(byte);
  };
  const socket = await Bun.connect({
    hostname,
    port,
    socket: {
      open: (server) => {
        server.setNoDelay(true);
        send(server);
      },
      data: (server) => {
        times[done++] = (performance.now() - sentAt) * 1000;
        if (done === roundTrips) finished.resolve();
        else send(server);
      },
      close: () => finished.reject(new Error(`the connection ended after ${done} round trips`)),
    },
  });
  await finished.promise;
  times.sort();
  const at = (part: number) => times[Math.floor(roundTrips * part)];
  console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99) }));
  socket.terminate();
}

export {};
