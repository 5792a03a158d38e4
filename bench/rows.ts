import { bareParts } from './servers/bare-parts.ts';
import { express } from './servers/express.ts';
import { fastify } from './servers/fastify.ts';
import { nodeRed } from './servers/node-red.ts';
import { orderTarget } from './servers/peer.ts';
import { postgresVersion } from './servers/postgres-server.ts';
import type { Row, Target } from './servers/server.ts';
import { signalboxRow } from './servers/signalbox.ts';
import { postgres } from './servers/storage-postgres.ts';
import { configKey, freshOrderExchange, orderExchange, scriptText } from './workload.ts';
import type { Exchange } from './workload.ts';

/** A lookup answers the config itself, whatever else the body says. */
function lookupTarget(urls: string[]): Target {
  const exchange = { body: orderExchange(1).body, expect: `"key":"${configKey}"` };
  return { urls, status: 200, exchange, probes: [exchange] };
}

/** Of a chain's steps: all three are in the answer, and the last one's data is the config. */
function chainTarget(urls: string[]): Target {
  const { body } = orderExchange(1);
  const exchange = { body, expect: `"name":"third"` };
  return { urls, status: 200, exchange, probes: [exchange, { body, expect: `"key":"${configKey}"` }] };
}

/** Each call is an order with an id, and so a key, that no other has. */
function freshTarget(urls: string[]): Target {
  return { ...orderTarget(urls), exchange: freshOrderExchange(1) };
}

/** Every order is answered alike: that it is accepted. */
function acceptedExchange(n: number): Exchange {
  return { body: orderExchange(n).body, expect: '"status":"accepted"' };
}

/** The order as an event; what the command does not know is left out. */
function publishTarget(urls: string[]): Target {
  const { body } = orderExchange(1);
  const exchange = {
    body: JSON.stringify({ type: 'bench.order', payload: JSON.parse(body) as object }),
    expect: '"type":"bench.order"',
  };
  return { urls, status: 200, exchange, probes: [exchange] };
}

function acceptedTarget(urls: string[]): Target {
  return { urls, status: 202, exchange: acceptedExchange(1), probes: [2, 3, 4, 5].map(acceptedExchange) };
}

const lookup = { executionType: 0, commandName: 'LookupWebHookByKeyCommand' };
const script = { executionType: 2, executionCode: scriptText };
const keyed = { ...script, idempotency: { key: '=request.body.id' } };

/** What is measured on both databases. */
interface Work {
  title: string;
  config: Record<string, unknown>;
  target(urls: string[]): Target;
  laterExpect?: string;
}

const nativeWork: Work = {
  title: 'native command, durable record',
  config: lookup,
  target: lookupTarget,
};
const scriptWork: Work = {
  title: 'script in the sandbox, durable record',
  config: script,
  target: orderTarget,
};
const keyedWork: Work = {
  title: 'script, a new idempotency key each',
  config: keyed,
  target: freshTarget,
};
const publishWork: Work = {
  title: 'native command that publishes an event',
  config: { executionType: 0, commandName: 'PublishEventCommand' },
  target: publishTarget,
};
const asyncWork: Work = {
  title: 'script accepted, run afterwards',
  config: { ...script, responseMode: 'async' },
  target: acceptedTarget,
  laterExpect: orderExchange(1).expect,
};
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
    ...keyedWork,
    title: `Signalbox: ${keyedWork.title}`,
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
    ...asyncWork,
    title: `Signalbox: ${asyncWork.title}`,
    plain: 'script',
    connections: [50],
  }),
];

/** The work of a row on SQLite, on one PostgreSQL: by one process, or by two that share it. */
function postgresRow(plain: string, work: Work, instances: 1 | 2 = 1): Row {
  const [suffix, who] = instances === 1 ? ['', 'Signalbox'] : [`-${instances}`, `${instances} Signalboxes`];
  return signalboxRow({
    ...work,
    name: `${plain}-postgres${suffix}`,
    title: `${who} on PostgreSQL ${postgresVersion()}: ${work.title}`,
    storage: postgres,
    instances,
    plain,
    connections: [50],
  });
}

/** Commands that change something take turns in a database: how fast, `npm run bench:database` says. */
export const publishing: Row[] = [
  signalboxRow({
    name: 'publish',
    ...publishWork,
    title: `Signalbox: ${publishWork.title}`,
    connections: [50],
  }),
  postgresRow('publish', publishWork),
];

/** The comparison's rows; a further one is a further entry. */
export const rows: Row[] = [
  fastify,
  signalboxRow({
    name: 'native',
    ...nativeWork,
    title: `Signalbox: ${nativeWork.title}`,
  }),
  signalboxRow({
    name: 'script',
    ...scriptWork,
    title: `Signalbox: ${scriptWork.title}`,
  }),
  nodeRed,
  express,
  bareParts,
  ...otherModes,
  postgresRow('native', nativeWork),
  postgresRow('script', scriptWork),
  postgresRow('script', scriptWork, 2),
  postgresRow('keyed', keyedWork),
  postgresRow('async', asyncWork),
  postgresRow('async', asyncWork, 2),
];
