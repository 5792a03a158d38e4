import { fileURLToPath } from 'node:url';
import { peerRow } from './peer.ts';

/** The yardstick: parse, add up, answer; nothing checked, nothing kept. */
export const fastify = peerRow({
  name: 'fastify',
  title: 'bare Fastify {version} echo',
  args: () => [fileURLToPath(import.meta.resolve('../peers/fastify.js'))],
});
