import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';

// What a Signalbox is made of, put together with nothing between: Node's server, an isolate in a process of its own, SQLite.
// Whatever waits for the disk goes into one commit, and nobody is answered before his call is in it.

function opened(file) {
  return new Promise((resolve, reject) => {
    const connection = new sqlite3.Database(file, (error) => (error ? reject(error) : resolve(connection)));
  });
}

const database = await opened(join(process.argv[2], 'calls.sqlite'));
const execute = (sql) =>
  new Promise((resolve, reject) => database.exec(sql, (error) => (error ? reject(error) : resolve())));
// A log as long as a Signalbox lets it grow, and rows that are added at the end of their table.
await execute(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
  CREATE TABLE calls (id INTEGER PRIMARY KEY, received_at INTEGER, body TEXT, result TEXT)`);
const insert = database.prepare(
  'INSERT INTO calls (received_at, body, result) SELECT value->>0, value->>1, value->>2 FROM jsonb_each(?)',
);

let rows = [];
let callers = [];
let isCommitting = false;

function store(row, tell) {
  rows.push(row);
  callers.push(tell);
  if (isCommitting) return;
  isCommitting = true;
  queueMicrotask(commit);
}

function commit() {
  isCommitting = rows.length > 0;
  if (!isCommitting) return;
  const json = JSON.stringify(rows);
  const answered = callers;
  rows = [];
  callers = [];
  insert.run([json], (error) => {
    if (error) throw error;
    commit();
    for (const tell of answered) tell();
  });
}

const worker = spawn(process.execPath, [join(import.meta.dirname, 'bare-parts-worker.js')], {
  stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
});
const channel = worker.stdio[3];
const waiting = [];
let outgoing = [];

function run(body, done) {
  if (outgoing.length === 0) setImmediate(send);
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32LE(body.length);
  outgoing.push(head, body);
  waiting.push(done);
}

function send() {
  channel.write(Buffer.concat(outgoing));
  outgoing = [];
}

let rest = Buffer.alloc(0);
channel.on('data', (chunk) => {
  rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
    const end = 4 + rest.readUInt32LE(0);
    waiting.shift()(rest.toString('utf8', 4, end));
    rest = rest.subarray(end);
  }
});

function answer(response, result) {
  const text = `{"success":true,"data":${result},"message":"Webhook processed successfully"}`;
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function take(body, response) {
  run(body, (result) => {
    store([Date.now(), body.toString('utf8'), result], () => answer(response, result));
  });
}

createServer((request, response) => {
  if (request.method !== 'POST') {
    response.end('ok');
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => take(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), response));
}).listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
