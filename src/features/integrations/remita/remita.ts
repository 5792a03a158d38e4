import { malformed, type WebHookAnswer } from '../../webhook-router/index.ts';
import type { OutboundHttp } from '../../../platform/outbound-http.ts';
import type { RemitaSettings } from '../integration-settings.ts';
import type { Claim, Endpoint, Provider, ProviderCall, Verdict } from '../provider.ts';
import { collectionReceipts } from './remita-collection.rules.ts';
import { paymentReceipts } from './remita-payment.rules.ts';
import { answerIn, questionAbout, unverified } from './remita-status.rules.ts';

/** For the whole exchange. */
const QUESTION_MS_MAX = 15_000;
const UNAVAILABLE = 503;

/** Remita: nothing that it sends is signed, so that it is asked whether it is true before that counts. Null settings: it is not used here. */
export function remita(settings: RemitaSettings | null, http: Pick<OutboundHttp, 'send'>): Provider {
  const isTrusted = settings !== null && !settings.allowedIps.isEmpty;
  return {
    name: 'remita',
    endpoints: [
      endpoint('remita', settings, {
        read: paymentReceipts,
        acknowledge: () => text(200, 'Ok'),
      }),
      endpoint('remita-collection', settings, {
        read: (body) => collectionReceipts(body, isTrusted),
        acknowledge: ([receipt]) => (receipt?.kind === 'collection' ? loanTaken : text(200, 'OK')),
      }),
    ],
    eventType: (kind, state) => `remita.${kind}.${state}`,
    verify: (claim) => (settings === null ? notConfigured() : ask(claim, settings, http)),
  };
}

interface Dialogue {
  /** Null: that is nothing which Remita sends. */
  read(body: Buffer): ReturnType<typeof paymentReceipts>;
  acknowledge: Endpoint['acknowledge'];
}

function endpoint(configKey: string, settings: RemitaSettings | null, dialogue: Dialogue): Endpoint {
  return {
    method: 'POST',
    configKey,
    refuse: ({ ip }) => {
      if (settings === null) return text(UNAVAILABLE, 'Not Ok');
      return isAllowed(ip, settings) ? null : text(403, 'Not Ok');
    },
    read: (_call, body) => {
      const receipts = dialogue.read(body);
      if (!receipts) throw malformed('The body is not what Remita sends');
      return receipts;
    },
    acknowledge: dialogue.acknowledge,
    decline: ({ status }) => text(status >= 500 ? UNAVAILABLE : status, 'Not Ok'),
  };
}

function isAllowed(ip: ProviderCall['ip'], { allowedIps }: RemitaSettings): boolean {
  return allowedIps.isEmpty || (ip !== null && allowedIps.matches(ip));
}

async function ask(
  claim: Claim,
  settings: RemitaSettings,
  http: Pick<OutboundHttp, 'send'>,
): Promise<Verdict> {
  const { request, verdictOn } = questionAbout(claim, settings);
  try {
    const result = await http.send({ ...request, timeoutMs: QUESTION_MS_MAX });
    if (result.kind === 'refused') return unverified(`Remita cannot be asked: ${result.reason}`);
    if (result.kind === 'failed') return unverified(`Remita could not be asked: ${result.message}`);
    if (result.status !== 200) return unverified(`Remita answered with HTTP status ${result.status}`);
    const answer = result.bodyTruncated ? null : answerIn(result.body);
    return answer === null ? unverified("Remita's answer cannot be read") : verdictOn(answer);
  } catch {
    // An error of the client may hold the request, and with it the hash: nobody is to log it.
    return unverified('Remita could not be asked: the exchange broke off');
  }
}

async function notConfigured(): Promise<Verdict> {
  return unverified('Remita cannot be asked: REMITA_MERCHANT_ID and REMITA_API_KEY are not set');
}

function text(status: number, body: string): WebHookAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

const loanTaken: WebHookAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: '{"Response_code":"00","response_descr":"Successful","ack_id":"00"}',
};
