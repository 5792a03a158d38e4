/** What every server is asked to do: read an order of 1 KiB and answer its id and its total. */

/** The size of each request's body. */
const bodyBytes = 1024;

/** The key of the one config a Signalbox under test has: the native command looks it up, others ignore it. */
export const configKey = 'bench';

interface Item {
  sku: string;
  quantity: number;
  unitPrice: number;
}

/** The request's JSON. */
interface Order {
  key: string;
  id: string;
  createdAt: string;
  currency: string;
  customer: { id: string; name: string; email: string; country: string };
  items: Item[];
  note: string;
}

/** One request's body and the text its answer must contain. */
export interface Exchange {
  body: string;
  expect: string;
  /** In the body, and in the expected text where the answer has it: each call has another text of this length in its place. */
  standIn?: string;
}

/** The work as JavaScript over `context.body`: a Signalbox script, Express's vm script, Node-RED's function. */
export const scriptText = [
  'let total = 0;',
  'for (const item of context.body.items) total += item.quantity * item.unitPrice;',
  'return { received: context.body.id, total };',
].join('\n');

/** The same work for a server that needs no script. */
export function summarize(order: Order): { received: string; total: number } {
  let total = 0;
  for (const item of order.items) total += item.quantity * item.unitPrice;
  return { received: order.id, total };
}

/** The n-th order: other id, other items, always exactly `bodyBytes` long. */
function makeOrder(n: number, id = `ord-${String(n).padStart(8, '0')}`): Order {
  const items = Array.from({ length: 4 + (n % 6) }, (_, index) => ({
    sku: `SKU-${String(n * 10 + index).padStart(8, '0')}`,
    quantity: 1 + ((n + index) % 5),
    unitPrice: 199 + index * 50 + n,
  }));
  const order: Order = {
    key: configKey,
    id,
    createdAt: '2026-01-15T09:30:00.000Z',
    currency: 'EUR',
    customer: { id: 'cus-00012345', name: 'Ada Example', email: 'ada@example.com', country: 'NL' },
    items,
    note: '',
  };
  order.note = 'x'.repeat(bodyBytes - Buffer.byteLength(JSON.stringify(order)));
  return order;
}

/** The n-th order with the answer that shows it was really computed. */
export function orderExchange(n: number): Exchange {
  const order = makeOrder(n);
  return { body: JSON.stringify(order), expect: `"data":${JSON.stringify(summarize(order))}` };
}

/** An order that has another id in each call. */
export function freshOrderExchange(n: number): Exchange {
  const standIn = '#'.repeat(freshIdLength);
  const order = makeOrder(n, standIn);
  return { body: JSON.stringify(order), expect: `"data":${JSON.stringify(summarize(order))}`, standIn };
}

const freshIdLength = 24;
let prefixes = 0;

/** What the fresh ids of one load begin with; no other load of this program, nor one before it, has the same. */
export function freshPrefix(): string {
  prefixes += 1;
  return `${Date.now().toString(36)}-${prefixes.toString(36).padStart(4, '0')}-`;
}

/** The n-th text with the prefix that has the stand-in's length. */
export function freshText(standIn: string, prefix: string, n: number): string {
  return prefix + String(n).padStart(standIn.length - prefix.length, '0');
}
