import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Another system that counts what it is asked to do, and does not answer where it is told not to. */
export class CountingServer {
  /** The paths of all requests, in order. */
  readonly hits: string[] = [];
  /** Their headers, in the same order. */
  readonly headers: IncomingHttpHeaders[] = [];
  /** Their idempotency keys. */
  readonly keys: unknown[] = [];
  /** Requests of these paths are counted and their connections cut. */
  readonly broken = new Set<string>();
  private readonly held = new Map<string, Promise<unknown>>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<CountingServer> {
    const server = createServer();
    const counting = new CountingServer(server);
    server.on('request', (request, response) => {
      const path = request.url ?? '';
      request.resume();
      counting.hits.push(path);
      counting.headers.push(request.headers);
      counting.keys.push(request.headers['idempotency-key']);
      void Promise.resolve(counting.held.get(path)).then(() => {
        if (counting.broken.has(path)) response.destroy();
        else response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return counting;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  /** Lets requests of the path wait. @returns what lets them go on. */
  hold(path: string): () => void {
    const gate = new EventEmitter();
    this.held.set(path, once(gate, 'open'));
    return () => void gate.emit('open');
  }

  /** How often each path below a folder was asked for. */
  counts(folder: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const path of this.hits)
      if (path.startsWith(folder))
        counts[path.slice(folder.length)] = (counts[path.slice(folder.length)] ?? 0) + 1;
    return counts;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
