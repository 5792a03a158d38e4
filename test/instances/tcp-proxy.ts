import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  inside: Socket;
  outside: Socket;
}

/** Between a program and a server of TCP: it delays, cuts and refuses as the network may. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private delayMs = 0;
  private isRefusing = false;
  /** How many connections it has cut. */
  cuts = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {}

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.on('connection', (inside) => proxy.connected(inside));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Everything that comes from now on is passed on so much later, in both directions. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Resets all connections (RST), whatever they are in the middle of. */
  cut(): void {
    for (const { inside, outside } of this.pairs) {
      this.cuts += 1;
      inside.resetAndDestroy();
      outside.resetAndDestroy();
    }
  }

  /** Cuts them and takes no more, until `open`. */
  close(): void {
    this.isRefusing = true;
    this.cut();
  }

  open(): void {
    this.isRefusing = false;
  }

  async stop(): Promise<void> {
    this.close();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private connected(inside: Socket): void {
    if (this.isRefusing) {
      inside.resetAndDestroy();
      return;
    }
    const outside = connect(this.target);
    const pair = { inside, outside };
    this.pairs.add(pair);
    this.pass(inside, outside);
    this.pass(outside, inside);
    for (const socket of [inside, outside])
      socket.once('close', () => {
        this.pairs.delete(pair);
        inside.destroy();
        outside.destroy();
      });
  }

  private pass(from: Socket, to: Socket): void {
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      if (this.delayMs === 0) to.write(chunk);
      // Timers of one length fire in the order in which they were set.
      else setTimeout(() => to.writable && to.write(chunk), this.delayMs);
    });
    from.on('end', () => to.end());
  }
}
