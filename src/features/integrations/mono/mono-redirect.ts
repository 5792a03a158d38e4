import type { WebHookAnswer } from '../../webhook-router/index.ts';
import { fieldsIn, textIn } from '../fields.rules.ts';
import type { Receipt } from '../provider.ts';

/** What Mono appends when it sends a browser back. */
const parameters = ['code', 'reference', 'status', 'reason'] as const;
const FOUND = 302;

/** A browser says it, and anybody may: a hint that nothing follows from. */
export function redirectReceipt(query: string): Receipt {
  const sent = new URLSearchParams(query);
  const data = Object.fromEntries(
    parameters.flatMap((name) => (sent.has(name) ? [[name, textIn(sent.get(name)) ?? '']] : [])),
  );
  const key = JSON.stringify(data);
  return {
    kind: 'redirect',
    receiptKey: `redirect ${key}`,
    effectKey: null,
    providerId: null,
    state: 'unverified',
    detail: 'A browser came back from Mono: whatever it says is a hint',
    configKey: null,
    fields: {
      account: null,
      reference: textIn(data['reference']),
      status: textIn(data['status']),
      amount: null,
      occurredAt: null,
    },
    data,
    raw: Buffer.from(key),
  };
}

/** On to the page that the operator has for it, or a small one of ours. */
export function redirectAnswer(url: string | null, { data }: Receipt): WebHookAnswer {
  if (url === null) return { status: 200, headers: pageHeaders, body: page };
  const target = new URL(url);
  for (const [name, value] of Object.entries(fieldsIn(data))) target.searchParams.set(name, String(value));
  return { status: FOUND, headers: { location: target.href, 'cache-control': 'no-store' }, body: '' };
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Thank you</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;text-align:center}</style>
<h1>Thank you</h1>
<p>You can close this window. What you have done is confirmed separately.</p>
</html>
`;
