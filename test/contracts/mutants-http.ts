import type { Mutant } from './mutants.ts';

const request = 'src/http/plain-request.ts';
const connections = 'src/http/plain-connections.ts';
const readSpec = 'src/http/plain-request.spec.ts';
const connectionSpec = 'src/http/plain-connections.spec.ts';
const endSpec = 'src/http/plain-connections-end.spec.ts';

/** Ways to break what reads and answers calls before Node's server. */
export const httpMutants: readonly Mutant[] = [
  {
    name: 'a request that announces another framing is taken for plain',
    file: request,
    find: "  'transfer-encoding',\n",
    replacement: '',
    spec: readSpec,
    tests: 'a chunked body with a length',
  },
  {
    name: 'the second of two headers counts',
    file: request,
    find: 'headers[name] !== undefined || ',
    replacement: '',
    spec: readSpec,
    tests: 'never taken for another request',
  },
  {
    name: 'what comes behind a body belongs to it',
    file: request,
    find: "headers['content-length']) !== piece.length",
    replacement: "headers['content-length']) > piece.length",
    spec: readSpec,
    tests: 'never taken for another request',
  },
  {
    name: 'a line feed alone ends a line',
    file: request,
    find: String.raw`[ -~]*\r\n)+`,
    replacement: String.raw`[\n -~]*\r\n)+`,
    spec: readSpec,
    tests: 'never taken for another request',
  },
  {
    name: 'a call is begun before the one in front of it is answered',
    file: connections,
    find: 'return this.exchange !== null || this.socket.writableNeedDrain;',
    replacement: 'return this.socket.writableNeedDrain;',
    spec: connectionSpec,
    tests: 'one call at a time',
  },
  {
    name: 'a second answer goes to the next call',
    file: connections,
    find: 'return this.exchange === exchange && this.socket.writable;',
    replacement: 'return this.exchange !== null && exchange !== null && this.socket.writable;',
    spec: connectionSpec,
    tests: 'never gets a second answer',
  },
  {
    name: 'who reads no answers is asked for more calls',
    file: connections,
    find: 'return this.exchange !== null || this.socket.writableNeedDrain;',
    replacement: 'return this.exchange !== null;',
    spec: connectionSpec,
    tests: 'not asked for more calls',
  },
  {
    name: 'the bytes that made it leave are not given to Node',
    file: connections,
    find: 'socket.unshift(piece);',
    replacement: 'void piece;',
    spec: connectionSpec,
    tests: 'left to Node with all of them',
  },
  {
    name: 'what is no plain request is lost before its connection is a stream',
    file: connections,
    find: 'return socket.push(piece);',
    replacement: 'return piece !== null || socket.push(piece);',
    spec: connectionSpec,
    tests: 'left to Node with all of them',
  },
  {
    name: 'a connection that was said to end still takes calls',
    file: connections,
    find: 'if (!this.socket.writable) return true;',
    replacement: '',
    spec: connectionSpec,
    tests: 'takes no call any more',
  },
  {
    name: 'idle connections stay',
    file: connections,
    find: 'this.idleMs += SWEEP_MS;',
    replacement: 'this.idleMs += 0;',
    spec: endSpec,
    tests: 'an idle connection',
  },
  {
    name: 'a stop leaves connections open',
    file: connections,
    find: 'return this.owner.isStopping ? null : this.owner.keptLines;',
    replacement: 'return this.owner.keptLines;',
    spec: endSpec,
    tests: 'a server that stops',
  },
];
