import { REACH, ofKind } from './hostile-script.ts';

const anything = /^[^\n]{1,1024}$/;

/** Getters, proxies and other oddities as thrown values. */
export const hostileThrows = ofKind('getters and proxies as thrown values', [
  {
    name: 'a message that never ends to be read is stopped',
    source: `throw { get message() { for (;;); } };`,
    expect: { limit: 'running-time' },
  },
  {
    name: 'a message that throws when it is read is told in our words',
    source: `throw { get message() { throw { get message() { throw 1; } }; } };`,
    expect: { threw: anything },
  },
  {
    name: 'a thrown proxy gets nothing of the host into its traps',
    source: `${REACH}
      let seen = 'contained'; let isLooking = false;
      throw new Proxy(new Error('x'), new Proxy({}, { get: (t, trap) => (...values) => {
        if (!isLooking) { isLooking = true; const one = reach(...values.map((value) => () => value)); isLooking = false; if (one !== 'contained') seen = one; }
        return trap === 'get' && values[1] === 'message' ? seen : Reflect[trap](...values);
      } }));`,
    expect: { threw: /^contained$/ },
  },
  {
    name: 'a revoked proxy as thrown value is told in our words',
    source: `const { proxy, revoke } = Proxy.revocable(new Error('x'), {}); revoke(); throw proxy;`,
    expect: { threw: anything },
  },
  {
    name: 'the message of a thrown error is cut to 1 KiB',
    source: `throw new Error('€'.repeat(1e6));`,
    expect: { threw: /^€{100,342}$/ },
  },
  { name: 'null as thrown value does no harm', source: `throw null;`, expect: { threw: /null/ } },
  {
    name: 'undefined as thrown value does no harm',
    source: `throw undefined;`,
    expect: { threw: /undefined/ },
  },
  {
    name: 'a symbol as thrown value does no harm',
    source: `throw Symbol('odd');`,
    expect: { threw: /Symbol\(odd\)/ },
  },
  {
    name: 'a thrown object with a hostile toString and toPrimitive is not asked for ever',
    source: `throw { toString() { for (;;); }, valueOf() { for (;;); }, [Symbol.toPrimitive]() { for (;;); }, toJSON() { for (;;); } };`,
    expect: { threw: anything },
  },
  {
    name: 'a thrown function with a hostile name does no harm',
    source: `throw Object.defineProperty(() => {}, 'name', { get() { for (;;); } });`,
    expect: { threw: anything },
  },
  {
    name: 'an error whose prototype chain is a proxy gets nothing of the host',
    source: `${REACH}
      let seen = 'contained';
      const error = Object.create(new Proxy({}, { get(target, key, receiver) { seen = reach(() => target, () => receiver.constructor); return key === 'message' ? seen : undefined; } }));
      throw error;`,
    expect: { threw: /^contained$/ },
  },
  {
    name: 'a ring of causes is told by its first message',
    source: `const error = new AggregateError([], 'ring'); error.errors.push(error); error.cause = error; throw error;`,
    expect: { threw: /^ring$/ },
  },
  {
    name: 'a thrown promise that rejects brings nothing down',
    source: `throw Promise.reject(new Error('inner'));`,
    expect: { threw: anything },
  },
  {
    name: 'control characters of a message stay characters',
    source: `throw new Error('a\\u0000b"}],"success":true,"x":[{"');`,
    // oxlint-disable-next-line no-control-regex -- the attack is this very character
    expect: { threw: /^a\u0000b"\}\],"success":true,"x":\[\{"$/ },
  },
]);
