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
function makeOrder(n: number): Order {
  const items = Array.from({ length: 4 + (n % 6) }, (_, index) => ({
    sku: `SKU-${String(n * 10 + index).padStart(8, '0')}`,
    quantity: 1 + ((n + index) % 5),
    unitPrice: 199 + index * 50 + n,
  }));
  const order: Order = {
    key: configKey,
    id: `ord-${String(n).padStart(8, '0')}`,
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
