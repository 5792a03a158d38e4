import { ofKind } from './hostile-script.ts';

const memory = { limit: 'memory' as const };
/** Half the time that a script has goes by until its memory is full, and V8 collects around its limit: which comes first depends on the machine. */
export const memoryOrTime = { oneOf: [memory, { limit: 'running-time' as const }] };
/** V8 may refuse the size, run into the clock or be killed: each is an end. */
const anEnd = { oneOf: [memory, { limit: 'running-time' as const }, { threw: /./ }] };

/** Strings that grow by doubling, copying and flattening. */
export const stringBombs = ofKind('string bombs', [
  {
    name: 'a replace that multiplies does not take the process',
    source: `return 'a'.repeat(2 ** 24).replace(/a/g, '$&'.repeat(10)).length;`,
    expect: anEnd,
  },
  {
    name: 'strings kept in a list are stopped',
    source: `const kept = []; for (let index = 0; ; index += 1) { const text = ('x' + index).repeat(16384) + '€'; text.charCodeAt(7); kept.push(text); }`,
    expect: memoryOrTime,
  },
  {
    name: 'padEnd, flattened again and again, is stopped',
    source: `const kept = []; for (let index = 0; ; index += 1) { const text = 'é'.padEnd(2 ** 24, 'xy' + index); text.charCodeAt(9); kept.push(text); }`,
    expect: memory,
  },
  {
    name: 'a join that multiplies is stopped',
    source: `const part = 'x'.repeat(2 ** 20); const list = Array(400).fill(part); const kept = []; for (;;) kept.push(list.join('é').charCodeAt(3), list.join('é'));`,
    expect: anEnd,
  },
  {
    name: 'normalising what grows is stopped',
    source: `const kept = []; for (;;) kept.push('\\uFDFA'.repeat(2 ** 20).normalize('NFKD'));`,
    expect: memoryOrTime,
  },
  {
    name: 'a concatenation beyond the longest string is an error or an end',
    source: `let text = 'x'; for (;;) text += text + '€';`,
    expect: anEnd,
  },
  {
    name: 'split into single characters is stopped',
    source: `const kept = []; for (;;) kept.push('ab'.repeat(2 ** 22).split(''));`,
    expect: memory,
  },
  {
    name: 'a log of a giant string costs the script, not the server',
    source: `const giant = 'é'.repeat(2 ** 27); for (let index = 0; index < 50; index += 1) console.log(giant); return 1;`,
    expect: { oneOf: [memory, { limit: 'running-time' }, { returned: 1 }] },
  },
]);

/** Arrays and objects. */
export const arrayBombs = ofKind('array bombs', [
  {
    name: 'pushing for ever is stopped',
    source: `const kept = []; for (let index = 0; ; index += 1) kept.push(new Array(2000).fill(index));`,
    expect: memoryOrTime,
  },
  {
    name: 'spreading an endless iterator is stopped',
    source: `return [...{ *[Symbol.iterator]() { for (;;) yield new Array(2000).fill(1); } }].length;`,
    expect: memoryOrTime,
  },
  {
    name: 'filling a giant array is stopped',
    source: `const kept = []; for (;;) kept.push(new Array(2 ** 25).fill(0.5));`,
    expect: memory,
  },
  {
    name: 'Array.from with a lying length is stopped',
    source: `return Array.from({ length: 2 ** 32 - 1 }, (_, index) => new Array(2000).fill(index)).length;`,
    expect: memoryOrTime,
  },
  {
    name: 'an array joined to itself many times over is stopped',
    source: `let list = [1]; for (let round = 0; round < 40; round += 1) list = list.concat(list); return list.length;`,
    expect: memoryOrTime,
  },
  {
    name: 'an object that gains keys for ever is stopped',
    source: `const kept = {}; for (let index = 0; ; index += 1) kept['key' + index] = new Array(2000).fill(index);`,
    expect: memoryOrTime,
  },
  {
    name: 'closures that hold each other are stopped',
    source: `let last = () => 0; for (;;) { const inner = last; const ballast = new Array(2000).fill(inner); last = () => [inner, ballast]; }`,
    expect: memoryOrTime,
  },
  {
    name: 'functions compiled for ever are stopped',
    source: `const kept = []; for (let index = 0; ; index += 1) { const made = Function('a', 'return [' + Array(200).fill('a + ' + index) + ']'); made(1); kept.push(made); }`,
    expect: memoryOrTime,
  },
]);

/** Keyed collections, whose growth V8 reports late. */
export const mapBombs = ofKind('Map bombs', [
  {
    name: 'a Map that grows for ever is stopped',
    source: `const map = new Map(); for (let index = 0; ; index += 1) map.set(index, index);`,
    expect: memoryOrTime,
  },
  {
    name: 'a Set of strings that grows for ever is stopped',
    source: `const set = new Set(); for (let index = 0; ; index += 1) set.add(('entry ' + index).repeat(2000));`,
    expect: memoryOrTime,
  },
  {
    name: 'a Map at its largest that goes on is an error or an end',
    source: `const map = new Map(); try { for (let index = 0; ; index += 1) map.set(index, 0); } catch {} for (;;) map.set({}, new Array(2000).fill(1));`,
    expect: memoryOrTime,
  },
  {
    name: 'a WeakMap with living keys is stopped',
    source: `const weak = new WeakMap(); const keys = []; for (;;) { const key = {}; keys.push(key); weak.set(key, new Array(2000).fill(key)); }`,
    expect: memoryOrTime,
  },
  {
    name: 'a Map that grows while it is walked is stopped',
    source: `const map = new Map([[0, 0]]); for (const [key] of map) map.set(key + 1, new Array(2000).fill(key));`,
    expect: memoryOrTime,
  },
  {
    name: 'grouping without end is stopped',
    source: `Map.groupBy({ *[Symbol.iterator]() { for (let index = 0; ; index += 1) yield new Array(2000).fill(index); } }, (value) => value[0]);`,
    expect: memoryOrTime,
  },
]);

/** Memory outside the heap. */
export const bufferBombs = ofKind('buffer bombs', [
  {
    name: 'filled buffers kept in a list are stopped',
    source: `const kept = []; for (;;) kept.push(new Uint8Array(2 ** 22).fill(7));`,
    // The allocator may say no before the process has grown: then it is the script's own error.
    expect: { oneOf: [memory, { threw: /allocation failed/ }] },
  },
  {
    name: 'one giant buffer is refused or stopped',
    source: `const giant = new Uint8Array(2 ** 31).fill(7); for (;;) giant.fill(giant[5] + 1);`,
    expect: { oneOf: [memory, { threw: /./ }] },
  },
  {
    name: 'a growable buffer that grows is stopped',
    source: `const buffer = new ArrayBuffer(8, { maxByteLength: 2 ** 31 }); const view = new Uint8Array(buffer); for (let size = 2 ** 20; size <= 2 ** 31; size += 2 ** 20) { buffer.resize(size); view.fill(size & 255, size - 2 ** 20); } return buffer.byteLength;`,
    expect: { oneOf: [memory, { threw: /./ }] },
  },
  {
    name: 'growable buffers reserved for ever are refused or stopped',
    source: `const kept = []; for (;;) kept.push(new ArrayBuffer(1, { maxByteLength: 2 ** 40 }));`,
    expect: anEnd,
  },
  {
    name: 'copies by slice are stopped',
    source: `const kept = [new Float64Array(2 ** 20).fill(0.5)]; for (;;) kept.push(kept[0].slice());`,
    expect: { oneOf: [memory, { threw: /allocation failed/ }] },
  },
  {
    name: 'transferring into larger buffers is refused or stopped',
    source: `let buffer = new ArrayBuffer(2 ** 20); for (;;) { buffer = buffer.transfer(buffer.byteLength * 2); new Uint8Array(buffer).fill(1); }`,
    expect: { oneOf: [memory, { threw: /./ }] },
  },
  {
    name: 'no shared memory and no WebAssembly is there to grow uncounted',
    source: `return [typeof SharedArrayBuffer, typeof Atomics, typeof WebAssembly, typeof WeakRef, typeof FinalizationRegistry, Object.getOwnPropertyNames(globalThis).filter((name) => /wasm|shared|atomics|weakref|finaliz/i.test(name)).length];`,
    expect: { returned: ['undefined', 'undefined', 'undefined', 'undefined', 'undefined', 0] },
  },
  {
    name: 'encoding what grows is stopped',
    source: `const kept = []; const encoder = new TextEncoder(); for (;;) kept.push(encoder.encode('é'.repeat(2 ** 21)));`,
    expect: memoryOrTime,
  },
  {
    name: 'buffers that are dropped again cost time but no neighbour’s memory',
    source: `let sum = 0; for (let round = 0; round < 60; round += 1) sum += new Uint8Array(2 ** 20).fill(1).length; return sum;`,
    expect: { returned: 62914560 },
  },
]);
