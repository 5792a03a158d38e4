import type { VerifiedBy } from './verify-request.rules.ts';

/** A sender's way of signing, by its name; each is a setting of a scheme that anybody could write himself. */
interface Preset {
  description: string;
  /** Where the sender describes it. */
  source: string;
  verifiedBy: VerifiedBy;
}

const TOLERANCE_SECONDS = 300;

const bodyHmac = { signedContent: '{body}', prefix: '', toleranceSeconds: TOLERANCE_SECONDS } as const;

export const presets = {
  acube: {
    description: 'The token in Authorization, behind Bearer; its message signature is not looked at yet',
    source: 'https://docs.acubeapi.com/documentation/gov-fr/webhooks/types',
    verifiedBy: { kind: 'token', in: 'header', name: 'authorization', prefix: 'Bearer ' },
  },
  altoviz: {
    description: 'HMAC-SHA256 of the body in X-SIGNATURE, as hex or Base64',
    source: 'https://developer.altoviz.com/docs/api/webhooks',
    verifiedBy: {
      kind: 'hmac',
      name: 'x-signature',
      algorithm: 'sha256',
      encoding: 'any',
      ...bodyHmac,
      // Its documents do not say how the digest is written: what a sender may mean is accepted.
      prefix: 'sha256=',
      isPrefixOptional: true,
    },
  },
  aptic: {
    description: "The secret in the body's field secret",
    source: 'https://help.aptic.net/api/services/index.html',
    verifiedBy: { kind: 'token', in: 'body', name: 'secret', prefix: '' },
  },
  flutterwave: {
    description: 'The secret hash in verif-hash',
    source: 'https://developer.flutterwave.com/docs/webhooks',
    verifiedBy: { kind: 'token', in: 'header', name: 'verif-hash', prefix: '' },
  },
  github: {
    description: 'HMAC-SHA256 of the body in X-Hub-Signature-256, as sha256=<hex>',
    source: 'https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries',
    verifiedBy: {
      kind: 'hmac',
      name: 'x-hub-signature-256',
      algorithm: 'sha256',
      encoding: 'hex',
      ...bodyHmac,
      prefix: 'sha256=',
    },
  },
  paystack: {
    description: 'HMAC-SHA512 of the body in x-paystack-signature, as hex',
    source: 'https://paystack.com/docs/payments/webhooks',
    verifiedBy: {
      kind: 'hmac',
      name: 'x-paystack-signature',
      algorithm: 'sha512',
      encoding: 'hex',
      ...bodyHmac,
    },
  },
  shopify: {
    description: 'HMAC-SHA256 of the body in X-Shopify-Hmac-Sha256, as Base64',
    source: 'https://shopify.dev/docs/apps/build/webhooks/subscribe/https',
    verifiedBy: {
      kind: 'hmac',
      name: 'x-shopify-hmac-sha256',
      algorithm: 'sha256',
      encoding: 'base64',
      ...bodyHmac,
    },
  },
  slack: {
    description: 'HMAC-SHA256 of v0:{timestamp}:{body} in X-Slack-Signature, as v0=<hex>, five minutes',
    source: 'https://docs.slack.dev/authentication/verifying-requests-from-slack',
    verifiedBy: {
      kind: 'hmac',
      name: 'x-slack-signature',
      algorithm: 'sha256',
      encoding: 'hex',
      prefix: 'v0=',
      signedContent: 'v0:{timestamp}:{body}',
      timestampHeader: 'x-slack-request-timestamp',
      toleranceSeconds: TOLERANCE_SECONDS,
    },
  },
  stripe: {
    description: 'HMAC-SHA256 of {timestamp}.{body} in Stripe-Signature, as t=…,v1=<hex>, five minutes',
    source: 'https://docs.stripe.com/webhooks/signature',
    verifiedBy: {
      kind: 'hmac',
      name: 'stripe-signature',
      algorithm: 'sha256',
      encoding: 'hex',
      prefix: '',
      signedContent: '{timestamp}.{body}',
      pairs: { timestamp: 't', signature: 'v1' },
      toleranceSeconds: TOLERANCE_SECONDS,
    },
  },
  twilio: {
    description: 'HMAC-SHA1 of the URL and the sorted form fields in X-Twilio-Signature, as Base64',
    source: 'https://www.twilio.com/docs/usage/security',
    verifiedBy: {
      kind: 'hmac',
      name: 'x-twilio-signature',
      algorithm: 'sha1',
      encoding: 'base64',
      prefix: '',
      signedContent: '{url}{sortedForm}',
      toleranceSeconds: TOLERANCE_SECONDS,
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];
