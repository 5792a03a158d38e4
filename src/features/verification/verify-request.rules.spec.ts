import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { presetNames, presets } from './verification-presets.ts';
import { type ReceivedRequest, type VerifiedBy, verifyRequest } from './verify-request.rules.ts';

const json = { 'content-type': 'application/json' };

/** A call that a sender really signed, and when. */
interface SignedCall {
  way: VerifiedBy;
  secret: string;
  request: ReceivedRequest;
  nowMs: number;
}

function request(parts: Partial<ReceivedRequest>): ReceivedRequest {
  return { method: 'POST', url: '/x', publicUrl: null, headers: {}, body: Buffer.alloc(0), ...parts };
}

const slackBody =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';

/** Published by the senders themselves; each with where it stands. */
const published: Record<string, SignedCall> = {
  'github (docs.github.com, Validating webhook deliveries, Testing the validation)': {
    way: presets.github.verifiedBy,
    secret: "It's a Secret to Everybody",
    request: request({
      headers: {
        'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      },
      body: Buffer.from('Hello, World!'),
    }),
    nowMs: 0,
  },
  'slack (docs.slack.dev, Verifying requests from Slack)': {
    way: presets.slack.verifiedBy,
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    request: request({
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': '1531420618',
        'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      },
      body: Buffer.from(slackBody),
    }),
    nowMs: 1_531_420_618_000,
  },
  'standard-webhooks (the reference libraries’ tests)': {
    way: { kind: 'standard-webhooks' },
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    request: request({
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      body: Buffer.from('{"test": 2432232314}'),
    }),
    nowMs: 1_614_265_330_000,
  },
  'twilio (the helper libraries’ tests)': {
    way: presets.twilio.verifiedBy,
    secret: '12345',
    request: request({
      url: '/myapp.php?foo=1&bar=2',
      publicUrl: 'https://mycompany.com/myapp.php?foo=1&bar=2',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
      },
      body: Buffer.from(
        'To=%2B18005551212&From=%2B14158675309&Digits=1234&Caller=%2B14158675309&CallSid=CA1234567890ABCDE',
      ),
    }),
    nowMs: 0,
  },
};

const secret = randomBytes(16).toString('hex');
const body = Buffer.from('{"amount":4200,"ünï":"\\u0000"}');
const nowMs = 1_790_000_000_000;
const hmacOf = (algorithm: string, content: string | Buffer, encoding: 'hex' | 'base64') =>
  createHmac(algorithm, secret).update(content).digest(encoding);

/** Made here, by the documents of senders that publish no example with its secret. */
const made: Record<string, SignedCall> = {
  altoviz: signed(presets.altoviz.verifiedBy, { 'x-signature': hmacOf('sha256', body, 'hex') }),
  'altoviz in Base64': signed(presets.altoviz.verifiedBy, {
    'x-signature': hmacOf('sha256', body, 'base64'),
  }),
  paystack: signed(presets.paystack.verifiedBy, { 'x-paystack-signature': hmacOf('sha512', body, 'hex') }),
  shopify: signed(presets.shopify.verifiedBy, { 'x-shopify-hmac-sha256': hmacOf('sha256', body, 'base64') }),
  stripe: signed(presets.stripe.verifiedBy, {
    'stripe-signature': `t=${nowMs / 1000},v0=00,v1=${'0'.repeat(64)},v1=${hmacOf('sha256', Buffer.concat([Buffer.from(`${nowMs / 1000}.`), body]), 'hex')}`,
  }),
  flutterwave: signed(presets.flutterwave.verifiedBy, { 'verif-hash': secret }),
  acube: signed(presets.acube.verifiedBy, { authorization: `Bearer ${secret}` }),
  basic: signed(
    { kind: 'basic', username: 'ada' },
    { authorization: `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}` },
  ),
};

function signed(way: VerifiedBy, headers: Record<string, string>): SignedCall {
  return { way, secret, request: request({ headers: { ...json, ...headers }, body }), nowMs };
}

const calls = { ...published, ...made };
const all = Object.entries(calls);
const verdictOf = ({ way, secret: own, request: given, nowMs: now }: SignedCall) =>
  verifyRequest(way, [own], given, now);

describe('a signed call', () => {
  it.each(all)('is verified: %s', (_name, call) => {
    expect(verdictOf(call)).toMatchObject({ isVerified: true, reason: null });
  });

  it('has an example for each preset', () => {
    const shown = new Set(Object.keys(calls).map((name) => name.split(' ')[0]));
    // Its secret lies in the body, see below.
    shown.add('aptic');
    expect(presetNames.filter((name) => !shown.has(name))).toEqual([]);
  });

  it.each(all)('is verified by the older of two secrets: %s', (_name, { way, ...call }) => {
    const newer = way.kind === 'standard-webhooks' ? `whsec_${randomBytes(24).toString('base64')}` : 'newer';
    expect(verifyRequest(way, [newer, call.secret], call.request, call.nowMs).isVerified).toBe(true);
  });

  it.each(all)('is refused under any other secret, with a reason: %s', (_name, { way, ...call }) => {
    for (const other of ['other', `${call.secret}x`, call.secret.slice(0, -1)]) {
      const verdict = verifyRequest(way, [other], call.request, call.nowMs);
      expect(verdict.isVerified).toBe(false);
      expect(verdict.reason).toMatch(/\w/);
    }
  });

  it.each(all)('is refused where there is no secret, or an empty one: %s', (_name, { way, ...call }) => {
    for (const none of [[], [''], ['', '']])
      expect(verifyRequest(way, none, call.request, call.nowMs).isVerified).toBe(false);
  });

  it.each(all.filter(([, { way }]) => way.kind === 'hmac' || way.kind === 'standard-webhooks'))(
    'is refused when any byte of its body is altered: %s',
    (_name, call) => {
      for (let at = 0; at < call.request.body.length; at++) {
        const altered = Buffer.from(call.request.body);
        altered[at]! ^= 1;
        expect(verdictOf({ ...call, request: { ...call.request, body: altered } }).isVerified).toBe(false);
      }
    },
  );

  it.each(all)(
    'is refused when its proof is cut, lengthened, doubled, emptied or gone: %s',
    (_name, call) => {
      const name = proofHeader(call.way);
      const proof = String(call.request.headers[name]);
      const bad = [
        undefined,
        '',
        ' ',
        proof.slice(0, -1),
        `${proof}0`,
        `${proof}=`,
        `${proof}, ${proof}`,
        [proof, proof],
      ];
      // A list of signatures may hold the right one twice.
      const isList = call.way.kind === 'standard-webhooks' || 'pairs' in call.way;
      const wrong = bad.filter((one) => !(isList && one === `${proof}, ${proof}`));
      for (const value of wrong) {
        const headers = { ...call.request.headers, [name]: value } as ReceivedRequest['headers'];
        const verdict = verdictOf({ ...call, request: { ...call.request, headers } });
        expect({ value, ...verdict }).toMatchObject({ value, isVerified: false, reason: expect.any(String) });
      }
    },
  );

  it.each(all.filter(([, { way }]) => hasTime(way)))(
    'is refused five minutes later or earlier: %s',
    (_name, call) => {
      for (const off of [301_000, -301_000]) {
        const verdict = verdictOf({ ...call, nowMs: call.nowMs + off });
        expect(verdict).toMatchObject({ isVerified: false, reason: expect.stringContaining('timestamp') });
      }
      expect(verdictOf({ ...call, nowMs: call.nowMs + 299_000 }).isVerified).toBe(true);
    },
  );

  it.each(['', 'now', '1e9', '-1', '0x10', '1531420618.5', '99999999999999'])(
    'with the timestamp "%s" is refused',
    (timestamp) => {
      const call = published['slack (docs.slack.dev, Verifying requests from Slack)']!;
      const headers = { ...call.request.headers, 'x-slack-request-timestamp': timestamp };
      expect(verdictOf({ ...call, request: { ...call.request, headers } }).isVerified).toBe(false);
    },
  );
});

describe('an empty secret', () => {
  it('proves nothing, though a signature under it can be made by anybody', () => {
    const forged = createHmac('sha512', '').update(body).digest('hex');
    const given = request({ headers: { 'x-paystack-signature': forged }, body });
    expect(verifyRequest(presets.paystack.verifiedBy, [''], given, nowMs).isVerified).toBe(false);
    expect(verifyRequest(presets.paystack.verifiedBy, ['', secret], given, nowMs).isVerified).toBe(false);
  });
});

describe('Standard Webhooks', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const whpk = `whpk_${publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(nowMs / 1000) };
  const content = Buffer.concat([Buffer.from(`msg_1.${nowMs / 1000}.`), body]);
  const v1a = `v1a,${sign(null, content, privateKey).toString('base64')}`;
  const verdict = (signature: string, secrets: string[]) =>
    verifyRequest(
      { kind: 'standard-webhooks' },
      secrets,
      request({ headers: { ...headers, 'webhook-signature': signature }, body }),
      nowMs,
    );

  it('verifies v1a with a public key, also among other signatures', () => {
    expect(verdict(v1a, [whpk]).isVerified).toBe(true);
    expect(verdict(`v2,x v1,AAAA ${v1a}`, [whpk]).isVerified).toBe(true);
  });

  it('takes no public key for a shared secret: what everybody knows signs nothing', () => {
    const key = Buffer.from(whpk.slice(5), 'base64');
    const forged = createHmac('sha256', key).update(content).digest('base64');
    expect(verdict(`v1,${forged}`, [whpk]).isVerified).toBe(false);
  });

  it.each([`v1,${v1a.slice(4)}`, v1a.slice(0, -3), 'v1a,', v1a.replace('v1a', 'v1A')])(
    'refuses %s',
    (signature) => {
      expect(verdict(signature, [whpk]).isVerified).toBe(false);
    },
  );
});

const isVerifiedBy = (way: VerifiedBy, parts: Partial<ReceivedRequest>) =>
  verifyRequest(way, ['s3cret+'], request(parts), 0).isVerified;

describe('a token', () => {
  const inQuery = { kind: 'token', in: 'query', name: 'token', prefix: '' } as const;
  const inBody = { kind: 'token', in: 'body', name: 'secret', prefix: '' } as const;

  it('may stand in the query, once', () => {
    expect(isVerifiedBy(inQuery, { url: '/x?token=s3cret%2B&a=1' })).toBe(true);
    for (const url of [
      '/x',
      '/x?token=',
      '/x?token=s3cret',
      '/x?token=a&token=s3cret%2B',
      '/x?Token=s3cret%2B',
    ])
      expect(isVerifiedBy(inQuery, { url })).toBe(false);
  });

  it('may stand in the body, as a text', () => {
    expect(isVerifiedBy(inBody, { bodyField: () => 's3cret+' })).toBe(true);
    for (const value of [12_345_678, ['s3cret+'], { toString: 's3cret+' }, null, undefined, '', true])
      expect(isVerifiedBy(inBody, { bodyField: () => value })).toBe(false);
  });
});

function proofHeader(way: VerifiedBy): string {
  if (way.kind === 'basic') return 'authorization';
  return way.kind === 'standard-webhooks' ? 'webhook-signature' : way.name;
}

function hasTime(way: VerifiedBy): boolean {
  return (
    way.kind === 'standard-webhooks' || (way.kind === 'hmac' && way.signedContent.includes('{timestamp}'))
  );
}
