import { fileURLToPath } from 'node:url';
import { peerRow } from './peer.ts';

/** User code as one writes it first: Express and a fresh `node:vm` context per call; nothing kept. */
export const express = peerRow({
  name: 'express',
  title: 'Express {version} + node:vm, fresh context',
  args: () => [fileURLToPath(import.meta.resolve('../peers/express.js'))],
});
