import { express } from './servers/express.ts';
import { fastify } from './servers/fastify.ts';
import { nodeRed } from './servers/node-red.ts';
import { orderTarget } from './servers/peer.ts';
import type { Row, Target } from './servers/server.ts';
import { signalboxRow } from './servers/signalbox.ts';
import { configKey, freshOrderExchange, orderExchange, scriptText } from './workload.ts';
import type { Exchange } from './workload.ts';

/** A lookup answers the config itself, whatever else the body says. */
function lookupTarget(url: string): Target {
  const exchange = { body: orderExchange(1).body, expect: `"key":"${configKey}"` };
  return { url, status: 200, exchange, probes: [exchange] };
}

/** Of a chain's steps: all three are in the answer, and the last one's data is the config. */
function chainTarget(url: string): Target {
  const { body } = orderExchange(1);
  const exchange = { body, expect: `"name":"third"` };
  return { url, status: 200, exchange, probes: [exchange, { body, expect: `"key":"${configKey}"` }] };
}

/** Each call is an order with an id, and so a key, that no other has. */
function freshTarget(url: string): Target {
  return { ...orderTarget(url), exchange: freshOrderExchange(1) };
}

/** Every order is answered alike: that it is accepted. */
function acceptedExchange(n: number): Exchange {
  return { body: orderExchange(n).body, expect: '"status":"accepted"' };
}

function acceptedTarget(url: string): Target {
  return { url, status: 202, exchange: acceptedExchange(1), probes: [2, 3, 4, 5].map(acceptedExchange) };
}

const lookup = { executionType: 0, commandName: 'LookupWebHookByKeyCommand' };
const script = { executionType: 2, executionCode: scriptText };
const keyed = { ...script, idempotency: { key: '=request.body.id' } };
const step = { commandName: 'LookupWebHookByKeyCommand' };

/** What else a Signalbox does with a call, beside the plain row with the same work; at one count, to keep a run short. */
const otherModes = [
  signalboxRow({
    name: 'mapped',
    title: 'Signalbox: native command, fields mapped by FEEL',
    config: { ...lookup, inputMapping: '={key: request.body.key}' },
    target: lookupTarget,
    plain: 'native',
    connections: [50],
  }),
  signalboxRow({
    name: 'chain',
    title: 'Signalbox: chain of three native commands',
    config: {
      executionType: 1,
      commandChain: ['first', 'second', 'third'].map((name) => ({ name, ...step })),
    },
    target: chainTarget,
    plain: 'native',
    connections: [50],
  }),
  signalboxRow({
    name: 'keyed',
    title: 'Signalbox: script, a new idempotency key each',
    config: keyed,
    target: freshTarget,
    plain: 'script',
    connections: [50],
  }),
  signalboxRow({
    name: 'repeated',
    title: 'Signalbox: script, one idempotency key repeated',
    config: keyed,
    target: orderTarget,
    plain: 'script',
    connections: [50],
    isOncePerBody: true,
  }),
  signalboxRow({
    name: 'async',
    title: 'Signalbox: script accepted, run afterwards',
    config: { ...script, responseMode: 'async' },
    target: acceptedTarget,
    plain: 'script',
    connections: [50],
    laterExpect: orderExchange(1).expect,
  }),
];

/** The comparison's rows; a further one is a further entry. */
export const rows: Row[] = [
  fastify,
  signalboxRow({
    name: 'native',
    title: 'Signalbox: native command, durable record',
    config: lookup,
    target: lookupTarget,
  }),
  signalboxRow({
    name: 'script',
    title: 'Signalbox: script in the sandbox, durable record',
    config: script,
    target: orderTarget,
  }),
  nodeRed,
  express,
  ...otherModes,
];
