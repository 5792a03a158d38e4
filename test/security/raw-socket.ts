import { connect, type Socket } from 'node:net';

/** What a server said to bytes on a bare connection. */
export interface Spoken {
  text: string;
  /** Of each answer, in order. */
  statuses: number[];
  /** The body of the last answer. */
  body: string;
  isClosed: boolean;
}

const PATIENCE_MS = 15_000;

/** Opens a connection and sends bytes that need be no HTTP; a reset is no error here. */
export function openSocket(origin: string, bytes: Buffer | string = ''): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname.replaceAll(/[[\]]/g, ''));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => undefined);
      if (bytes.length > 0) socket.write(bytes);
      resolve(socket);
    });
  });
}

/** Sends bytes and listens until the server closes the connection, or for as long as anybody would. */
export async function speak(origin: string, bytes: Buffer | string): Promise<Spoken> {
  const socket = await openSocket(origin);
  return await new Promise((resolve) => {
    let text = '';
    const settle = (isClosed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...answersIn(text), isClosed });
    };
    const timer = setTimeout(settle, PATIENCE_MS, false);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('close', () => settle(true));
    socket.on('end', () => settle(true));
    socket.write(bytes);
  });
}

/** A request's bytes; `Connection: close` makes the server end the connection after its answer. */
export function requestText(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: signalbox', 'Connection: close', ...headers, '', body].join('\r\n');
}

function answersIn(text: string): Omit<Spoken, 'isClosed'> {
  const heads = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)];
  const last = heads.at(-1)?.index ?? 0;
  const bodyAt = text.indexOf('\r\n\r\n', last);
  return {
    text,
    statuses: heads.map((head) => Number(head[1])),
    body: bodyAt === -1 ? '' : text.slice(bodyAt + 4),
  };
}
