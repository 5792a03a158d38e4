import { express } from './servers/express.ts';
import { fastify } from './servers/fastify.ts';
import { nodeRed } from './servers/node-red.ts';
import { orderTarget } from './servers/peer.ts';
import type { Row, Target } from './servers/server.ts';
import { signalboxRow } from './servers/signalbox.ts';
import { configKey, orderExchange, scriptText } from './workload.ts';

/** A lookup answers the config itself, whatever else the body says. */
function lookupTarget(url: string): Target {
  const exchange = { body: orderExchange(1).body, expect: `"key":"${configKey}"` };
  return { url, status: 200, exchange, probes: [exchange] };
}

/** The comparison's rows; a further one is a further entry. */
export const rows: Row[] = [
  fastify,
  signalboxRow({
    name: 'native',
    title: 'Signalbox: native command, durable record',
    config: { executionType: 0, commandName: 'LookupWebHookByKeyCommand' },
    target: lookupTarget,
  }),
  signalboxRow({
    name: 'script',
    title: 'Signalbox: script in the sandbox, durable record',
    config: { executionType: 2, executionCode: scriptText },
    target: orderTarget,
  }),
  nodeRed,
  express,
];
