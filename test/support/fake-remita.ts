import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const BASE = '/remita/exapp/api/v1/send/api';
const MANDATE = `${BASE}/echannelsvc/echannel/mandate`;
const byRrr = new RegExp(`^${BASE}/echannelsvc/([^/]+)/([^/]+)/([^/]+)/status\\.reg$`);

/** What Remita knows of something; fields beside these stand in its answer as they are. */
type Known = Record<string, unknown>;

/**
 * Remita's status services, as far as it is asked about payments, debits and mandates: with its hashes, its header and its
 * `jsonp (…)`. It can be slow, down, and wrong.
 */
export class FakeRemita {
  readonly merchantId = '2547916';
  readonly apiKey = `remita-key-${randomBytes(12).toString('hex')}`;
  /** By RRR. */
  readonly payments = new Map<string, Known>();
  /** By mandate and request, with a space between. */
  readonly debits = new Map<string, Known>();
  /** Likewise. */
  readonly mandates = new Map<string, Known>();
  /** What it was asked about and answered, in order. */
  readonly answered: string[] = [];
  /** Every hash that came: nobody else may have it. */
  readonly hashes = new Set<string>();
  /** `cut`: connections break off. `busy`: HTTP status 503. `lost`: it answers with a page. */
  mode: 'up' | 'cut' | 'busy' | 'lost' = 'up';
  /** Questions that came, answered or not. */
  asked = 0;
  private gate: Promise<void> | null = null;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeRemita> {
    const server = createServer();
    const remita = new FakeRemita(server);
    server.on('request', (request, response) => void remita.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return remita;
  }

  /** What tells Signalbox of it. */
  get env(): Record<string, string> {
    return {
      OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1',
      REMITA_MERCHANT_ID: this.merchantId,
      REMITA_API_KEY: this.apiKey,
      REMITA_BASE_URL: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${BASE}`,
    };
  }

  /** Lets questions wait for their answers. @returns what lets them go on. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return () => {
      this.gate = null;
      resolve();
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    this.asked++;
    await this.gate;
    if (this.mode === 'cut') response.destroy();
    else if (this.mode === 'busy') response.writeHead(503).end();
    else if (this.mode === 'lost') response.writeHead(200).end('<html>We will be back soon</html>');
    else if (request.method === 'GET') this.answerPayment(request, response);
    else this.answerMandate(request, body, response);
  }

  private answerPayment({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const [, merchantId, rrr, hash] = byRrr.exec(url!) ?? [];
    if (rrr === undefined || hash === undefined) {
      response.writeHead(404).end();
      return;
    }
    this.hashes.add(hash);
    const isKnownMerchant =
      merchantId === this.merchantId &&
      hash === sha512(rrr + this.apiKey + this.merchantId) &&
      headers.authorization === `remitaConsumerKey=${this.merchantId},remitaConsumerToken=${hash}`;
    this.answered.push(rrr);
    const known = this.payments.get(rrr) ?? { status: '022', message: 'Invalid Request' };
    const answer = isKnownMerchant
      ? { RRR: rrr, orderId: '1769592243', transactiontime: '2026-01-28 10:24:39', ...known }
      : // A hash in a message is what nobody may repeat.
        { status: '020', message: `Invalid user authentication ${hash}` };
    response.end(`jsonp (${JSON.stringify(answer)})`);
  }

  private answerMandate({ url }: IncomingMessage, body: string, response: ServerResponse): void {
    const known = new Map([
      [`${MANDATE}/payment/status`, this.debits],
      [`${MANDATE}/status`, this.mandates],
    ]).get(url!);
    const { merchantId, mandateId, requestId, hash } = JSON.parse(body) as Record<string, string>;
    if (!known || hash === undefined) {
      response.writeHead(404).end();
      return;
    }
    this.hashes.add(hash);
    const isKnownMerchant =
      merchantId === this.merchantId &&
      hash === sha512(`${mandateId}${this.merchantId}${requestId}${this.apiKey}`);
    this.answered.push(`${mandateId} ${requestId}`);
    const found = known.get(`${mandateId} ${requestId}`);
    const answer = found ?? { statuscode: '074', status: 'No Available Record' };
    const whole = isKnownMerchant ? { requestId, mandateId, ...answer } : { statuscode: '020' };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(whole));
  }
}

function sha512(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
