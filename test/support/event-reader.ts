import { type IncomingMessage, request } from 'node:http';

/** One server-sent event. */
export interface ServerEvent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** A reader of `GET /api/executions/stream`, as the standard says one reads such a stream. */
export class EventReader {
  readonly events: ServerEvent[] = [];
  text = '';
  lastEventId = '';
  hasEnded = false;
  private rest = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.take(chunk));
    response.on('close', () => (this.hasEnded = true));
    response.on('error', () => (this.hasEnded = true));
  }

  static open(url: string, headers: Record<string, string>, query = ''): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const asked = request(`${url}/api/executions/stream${query}`, { headers, agent: false });
      asked.on('response', (response) => resolve(new EventReader(response)));
      asked.on('error', reject);
      asked.end();
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** What the changes say, in short. */
  get changes(): string[] {
    return this.events.map(({ event, data }) =>
      event === 'execution' ? `${String(data['id'])} ${String(data['status'])}` : event,
    );
  }

  /** Waits until so many events are there. */
  async until(isThere: (reader: EventReader) => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!isThere(this)) {
      if (Date.now() > deadline) throw new Error(`The stream brought only:\n${this.text.slice(-2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    this.response.destroy();
  }

  private take(chunk: string): void {
    this.text += chunk;
    const blocks = (this.rest + chunk).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) this.takeBlock(block);
  }

  private takeBlock(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const at = line.indexOf(':');
      if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).replace(/^ /, ''));
    }
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    const data = fields.get('data');
    if (data === undefined) return;
    this.events.push({
      id: this.lastEventId,
      event: fields.get('event') ?? 'message',
      data: JSON.parse(data) as Record<string, unknown>,
    });
  }
}
