import { createHmac, timingSafeEqual } from 'node:crypto';
import { malformed, parsedJson } from '../../webhook-router/index.ts';
import { AppError } from '../../../platform/errors.ts';
import { minorAmount } from '../amount.rules.ts';
import { eventTypeOf } from '../event-names.ts';
import { fieldsIn, textIn } from '../fields.rules.ts';
import { hashOf } from '../hash.rules.ts';
import type { IntegrationSettings } from '../integration-settings.ts';
import { jsonAnswer } from '../json-answer.ts';
import type { Endpoint, Provider, Receipt } from '../provider.ts';

/** Paystack (paystack.com/docs/payments/webhooks): signed with its secret key, acknowledged by 200. */
export function paystack({ paystackSecretKey }: Pick<IntegrationSettings, 'paystackSecretKey'>): Provider {
  return {
    name: 'paystack',
    endpoints: [webhook(paystackSecretKey)],
    eventType: (kind) => eventTypeOf('paystack', kind),
  };
}

function webhook(secretKey: string | null): Endpoint {
  return {
    method: 'POST',
    configKey: 'paystack',
    refuse: () =>
      secretKey === null
        ? jsonAnswer(503, 'Paystack is not configured: PAYSTACK_SECRET_KEY is not set.')
        : null,
    read: ({ headers }, body) => {
      if (!isSigned(headers['x-paystack-signature'], body, secretKey!)) throw unsigned();
      return [receiptOf(parsedJson({ bytes: body }), body)];
    },
    acknowledge: () => jsonAnswer(200, 'Received.'),
    decline: ({ status, details }) => jsonAnswer(status, details.join(' ')),
  };
}

/** HMAC-SHA512 of the body, in hex. */
function isSigned(signature: string | string[] | undefined, body: Buffer, secretKey: string): boolean {
  if (typeof signature !== 'string' || !/^[0-9a-f]{128}$/i.test(signature)) return false;
  const expected = createHmac('sha512', secretKey).update(body).digest();
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected);
}

function receiptOf(sent: unknown, raw: Buffer): Receipt {
  const { event, data } = fieldsIn(sent);
  const kind = textIn(event);
  if (kind === null) throw malformed('The body names no event');
  const details = fieldsIn(data);
  const bytes = hashOf(raw);
  const id = textIn(details['id']);
  return {
    kind,
    receiptKey: bytes,
    // A repeat may be written another way; what it is about has one id.
    effectKey: `${kind} ${id ?? bytes}`,
    providerId: id,
    state: 'verified',
    detail: null,
    configKey: 'paystack',
    fields: {
      account: textIn(fieldsIn(details['customer'])['customer_code']),
      reference: textIn(details['reference'], details['transfer_code']),
      status: textIn(details['status']),
      amount: minorAmount(details['amount'], textIn(details['currency']) ?? 'NGN'),
      occurredAt: textIn(details['paid_at'], details['created_at'], details['createdAt']),
    },
    data: data ?? null,
    raw,
  };
}

function unsigned(): AppError {
  return new AppError({
    code: 'integration.unsigned',
    kind: 'unauthenticated',
    details: ['The signature of the body is missing or wrong'],
  });
}
