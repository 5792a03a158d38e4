import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpWay } from './tcp-way.ts';

/** `asked` comes from the program, `answered` from the server. */
export type Direction = 'asked' | 'answered';

/** Between a program and a server of TCP: it delays, cuts and refuses as a network may. */
export class TcpProxy {
  private readonly ways = new Set<TcpWay>();
  private readonly delays: Record<Direction, number> = { asked: 0, answered: 0 };
  private isRefusing = false;
  private trap: { text: string; at: Direction; sprung: () => void } | undefined;
  /** How many connections it has cut. */
  cuts = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (program) => this.connected(program));
  }

  /** @param url of the server behind it, with a port. */
  static async to(url: string): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, new URL(url));
  }

  /** The server's URL by way of here. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** What comes from now on is passed on so much later, in its order; without a direction it is both. */
  delay(ms: number, direction?: Direction): void {
    for (const one of direction ? [direction] : (['asked', 'answered'] as const)) this.delays[one] = ms;
  }

  /** Resets all connections (RST), whatever they are in the middle of. */
  cut(): void {
    for (const way of this.ways) this.cutOne(way);
  }

  /** Cuts them and takes no more, until it is opened. */
  close(): void {
    this.isRefusing = true;
    this.cut();
  }

  open(): void {
    this.isRefusing = false;
  }

  /**
   * Cuts the next connection on which something with this text is asked: when half of it has been `asked`, or when it
   * is `answered` and the answer not yet passed on. @returns when it has.
   */
  cutNext(text: string, at: Direction): Promise<void> {
    return new Promise((sprung) => (this.trap = { text, at, sprung }));
  }

  async stop(): Promise<void> {
    this.close();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private connected(program: Socket): void {
    if (this.isRefusing) {
      program.resetAndDestroy();
      return;
    }
    const server = connect({
      port: Number(this.target.port),
      host: this.target.hostname,
      allowHalfOpen: true,
    });
    const way = new TcpWay(program, server, this.delays);
    this.ways.add(way);
    way.closed(() => this.ways.delete(way));
    way.onAsked = (chunk) => this.spring(way, chunk);
  }

  /** @returns what of the chunk is passed on. */
  private spring(way: TcpWay, chunk: Buffer): Buffer {
    const { trap } = this;
    if (!trap || !chunk.includes(trap.text)) return chunk;
    this.trap = undefined;
    const cut = () => {
      this.cutOne(way);
      trap.sprung();
    };
    if (trap.at === 'asked') {
      // The half is on its way before the connection is reset.
      setImmediate(cut);
      return chunk.subarray(0, chunk.length / 2);
    }
    way.onAnswered = () => {
      cut();
      return Buffer.alloc(0);
    };
    return chunk;
  }

  private cutOne(way: TcpWay): void {
    if (way.cut()) this.cuts += 1;
  }
}
