import { fileURLToPath } from 'node:url';
import { startPeer } from './peer.ts';
import type { Row } from './server.ts';

/** What a script's call takes at least: the parts that a Signalbox is made of, with nothing between them. */
export const bareParts: Row = {
  name: 'bare-parts',
  title: 'bare parts: node:http, isolated-vm in a process, SQLite',
  isOurs: false,
  obstacle: () => undefined,
  start: (folder) =>
    startPeer((data) => [fileURLToPath(import.meta.resolve('../peers/bare-parts.js')), data], folder),
};
