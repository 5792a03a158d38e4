import { createHash } from 'node:crypto';

/** A well-behaved configuration beside the attacks: whatever leaks or breaks shows in its answer. */
export const NEIGHBOUR_SOURCE = `
  const { n } = context.body;
  console.log('neighbour', n);
  return {
    n,
    sum: [n, 1].reduce((left, right) => left + right),
    hash: crypto.hash('sha256', String(n)),
    foreign: [{}.polluted, {}.mark, {}.kept, {}.leaked, [].mark, console.kept, globalThis.kept].filter((one) => one !== undefined),
  };
`;

/** Null, or what is wrong with the neighbour's answer. */
export function neighbourFault(n: number, status: number, text: string): string | null {
  const hash = createHash('sha256').update(String(n)).digest('hex');
  const data = { n, sum: n + 1, hash, foreign: [] };
  const right = JSON.stringify({ success: true, data, message: 'Webhook processed successfully' });
  return status === 200 && text === right ? null : `a neighbour was answered ${status} ${text.slice(0, 300)}`;
}
