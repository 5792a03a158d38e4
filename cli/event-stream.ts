/** One server-sent event; comments and empty blocks are none. */
export interface StreamEvent {
  event: string;
  data: string;
}

/** What is kept of an answer that sends no line break, at most. */
const REST_LENGTH_MAX = 4_194_304;

/** Reads a stream of server-sent events as the standard says, and keeps the place where it goes on after a cut. */
export class EventStreamReader {
  lastEventId = '';
  retryMs: number | null = null;
  private rest = '';
  /** Counts once its event is whole. */
  private id = '';
  private event = '';
  private data: string[] = [];

  /** The events that are complete with this piece of text. */
  take(text: string): StreamEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    if (this.rest.length > REST_LENGTH_MAX) throw new Error('The stream sends a line without an end');
    return lines.flatMap((line) => this.takeLine(line));
  }

  /** What is only half there when the connection is cut comes again. */
  restart(): void {
    this.rest = '';
    this.id = this.lastEventId;
    this.event = '';
    this.data = [];
  }

  private takeLine(line: string): StreamEvent[] {
    if (line === '') return this.dispatched();
    const at = line.indexOf(':');
    const name = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? '' : line.slice(at + 1).replace(/^ /, '');
    if (name === 'event') this.event = value;
    else if (name === 'data') this.data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    return [];
  }

  private dispatched(): StreamEvent[] {
    const { event, data } = this;
    this.lastEventId = this.id;
    this.event = '';
    this.data = [];
    return data.length === 0 ? [] : [{ event: event || 'message', data: data.join('\n') }];
  }
}
