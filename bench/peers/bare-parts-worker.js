import { readSync, writeSync } from 'node:fs';
import ivm from 'isolated-vm';
import { scriptText } from '../workload.ts';

// Reads bodies from descriptor 3, each behind its length, and writes what the script makes of them in the same way.

const context = new ivm.Isolate({ memoryLimit: 64 }).createContextSync();
const run = context.evalSync(
  `const script = (context) => { ${scriptText} };
  (body) => JSON.stringify(script({ body: JSON.parse(body) }))`,
  { reference: true },
);

let pending = Buffer.alloc(0);
const chunk = Buffer.alloc(65_536);
for (;;) {
  const bytes = readSync(3, chunk);
  if (bytes === 0) process.exit(0);
  pending = Buffer.concat([pending, chunk.subarray(0, bytes)]);
  const results = [];
  while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
    const end = 4 + pending.readUInt32LE(0);
    const result = Buffer.from(run.applySync(undefined, [pending.toString('utf8', 4, end)]));
    const head = Buffer.allocUnsafe(4);
    head.writeUInt32LE(result.length);
    results.push(head, result);
    pending = pending.subarray(end);
  }
  const answer = Buffer.concat(results);
  for (let at = 0; at < answer.length;) at += writeSync(3, answer, at);
}
