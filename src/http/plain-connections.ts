import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerClientError } from './before-routing.ts';
import type { ExchangeListener } from './exchange.ts';
import { PlainExchange, type PlainWay } from './plain-exchange.ts';
import { readPlainRequest } from './plain-request.ts';

/** How often idle connections are looked at. */
const SWEEP_MS = 5_000;
/** While stopping: looks at a connection that has brought no call yet, or whose caller has not read all of his answer. */
const CLOSE_LOOKS_MAX = 20;

/** Node's server, as far as connections know it. */
type NodeServer = Pick<Server, 'keepAliveTimeout' | 'headersTimeout'> & NodeJS.EventEmitter;

/**
 * Connections whose requests have all been plain so far, answered without Node's parser and streams of requests and
 * answers. With the first request that is not plain a connection is Node's for good, with every byte of that request.
 * Until then Node's server does not know it: `closeIdleConnections` and the like are for `closeIdle`.
 */
export class PlainConnections {
  private readonly connections = new Set<PlainConnection>();
  /** From now on answers are the last on their connections. */
  isStopping = false;
  /** What is said of a connection that is kept. */
  readonly keptLines: string;
  readonly server: NodeServer;
  readonly listener: ExchangeListener;
  readonly parse: (socket: Socket) => void;

  constructor(server: NodeServer, listener: ExchangeListener) {
    this.server = server;
    this.listener = listener;
    this.keptLines = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(server.keepAliveTimeout / 1_000)}\r\n\r\n`;
    // Whoever listens for connections on a new server of Node's is its parser.
    const parse = server.listeners('connection')[0] as (socket: Socket) => void;
    server.off('connection', parse);
    this.parse = (socket) => parse.call(server, socket);
    server.on('connection', (socket: Socket) => {
      this.connections.add(new PlainConnection(socket, this));
    });
    const sweep = setInterval(() => {
      for (const connection of this.connections) connection.growOld();
    }, SWEEP_MS).unref();
    server.once('close', () => clearInterval(sweep));
  }

  leave(connection: PlainConnection): void {
    this.connections.delete(connection);
  }

  /** Closes what nobody waits for, while stopping. */
  closeIdle(): void {
    for (const connection of this.connections) connection.closeIfIdle();
  }
}

class PlainConnection implements PlainWay {
  private exchange: PlainExchange | null = null;
  /** Came before its turn. */
  private ahead: Buffer | null = null;
  private hasCalled = false;
  private knownPeer: string | undefined;
  /** How long at least nothing has happened: the time until the next look does not count. */
  private idleMs = -SWEEP_MS;
  private closeLooks = 0;
  private readonly socket: Socket;
  private readonly owner: PlainConnections;

  constructor(socket: Socket, owner: PlainConnections) {
    this.socket = socket;
    this.owner = owner;
    socket.push = this.onPiece;
    socket.on('data', this.onData);
    socket.on('drain', this.onDrain);
    socket.on('end', this.onEnd);
    socket.on('error', this.onError);
    socket.on('close', this.onClose);
  }

  get peer(): string {
    return (this.knownPeer ??= this.socket.remoteAddress ?? '');
  }

  get linesWhenKept(): string | null {
    return this.owner.isStopping ? null : this.owner.keptLines;
  }

  isAt(exchange: PlainExchange): boolean {
    return this.exchange === exchange && this.socket.writable;
  }

  send(answer: string | Buffer, isLast: boolean): void {
    const { socket } = this;
    this.exchange = null;
    this.idleMs = -SWEEP_MS;
    if (typeof answer === 'string') socket.write(answer, 'latin1');
    else socket.write(answer);
    if (isLast) socket.destroySoon();
    else if (this.ahead !== null) this.goOn();
  }

  /** As Node's server does: 408 where nothing has ever come, no word where something had, and all the time that an answer needs. */
  growOld(): void {
    if (this.exchange !== null || this.socket.writableLength > 0) return;
    this.idleMs += SWEEP_MS;
    const { keepAliveTimeout, headersTimeout } = this.owner.server;
    if (this.hasCalled && this.idleMs > keepAliveTimeout) this.socket.destroy();
    else if (!this.hasCalled && this.idleMs > headersTimeout)
      answerClientError({ name: '', message: '', code: 'ERR_HTTP_REQUEST_TIMEOUT' }, this.socket);
  }

  closeIfIdle(): void {
    if (this.exchange !== null) return;
    const isDone = this.hasCalled && this.socket.writableLength === 0;
    if (isDone || ++this.closeLooks > CLOSE_LOOKS_MAX) this.socket.destroy();
  }

  /**
   * What a socket calls with whatever it has read, null at the end. A plain request is taken before it becomes part of a stream, whose
   * events and ticks cost 4 % of the calls (200 connections; medians of 7 starts; with 50 within noise). With all else the connection is a stream from then on.
   */
  private readonly onPiece = (piece: Buffer | null): boolean => {
    if (piece !== null && !this.isBusy && this.take(piece)) return true;
    const { socket } = this;
    pushAsAllDo(socket);
    return socket.push(piece);
  };

  private readonly onData = (piece: Buffer): void => {
    if (this.isBusy) {
      this.ahead = piece;
      // Nothing comes behind it before `resume`.
      this.socket.pause();
    } else if (!this.take(piece)) {
      this.leaveToNode(piece);
    }
  };

  private get isBusy(): boolean {
    return this.exchange !== null || this.socket.writableNeedDrain;
  }

  /** False: it is no plain request, and nothing of it was taken. */
  private take(piece: Buffer): boolean {
    // Its last answer is out: what still comes is no call.
    if (!this.socket.writable) return true;
    const { listener } = this.owner;
    const request = listener.isOpen ? readPlainRequest(piece) : null;
    if (request === null) return false;
    this.hasCalled = true;
    listener.take((this.exchange = new PlainExchange(request, this)));
    return true;
  }

  private readonly onDrain = (): void => this.goOn();

  private goOn(): void {
    const { ahead, socket } = this;
    if (ahead === null || this.isBusy) return;
    this.ahead = null;
    socket.resume();
    this.onData(ahead);
  }

  private leaveToNode(piece: Buffer): void {
    const { socket, owner } = this;
    pushAsAllDo(socket);
    socket.off('data', this.onData);
    socket.off('drain', this.onDrain);
    socket.off('end', this.onEnd);
    socket.off('error', this.onError);
    socket.off('close', this.onClose);
    owner.leave(this);
    socket.pause();
    socket.unshift(piece);
    owner.parse(socket);
    socket.resume();
  }

  /** Who ends his side waits for nothing more, as for Node's server; a call that came before its turn has not been made. */
  private readonly onEnd = (): void => void this.socket.end();

  /** It is closed then. */
  private readonly onError = (): void => {};

  private readonly onClose = (): void => {
    this.exchange = this.ahead = null;
    this.owner.leave(this);
  };
}

/** From now on the socket pushes as all do. */
function pushAsAllDo(socket: { push?: Socket['push'] }): void {
  delete socket.push;
}
