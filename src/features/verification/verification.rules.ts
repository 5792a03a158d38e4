import { z } from 'zod';
import { presetNames } from './verification-presets.ts';

/** What one secret may be: HTTP headers and bodies carry it as text. */
const secret = z.string().min(1).max(4096);

/** The newest first; the second one is on its way out (rotation). Write-only: shown as `hasSecret`. */
const secrets = z.array(secret).min(1).max(2).optional();

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'must be the name of a header')
  .transform((name) => name.toLowerCase());

const placeholders = /\{([^{}]*)\}/g;
const knownPlaceholders = ['body', 'timestamp', 'id', 'url', 'method'];

/** What a signature is made over, as a text with placeholders for parts of the request. */
const signedContent = z
  .string()
  .max(500)
  .refine(
    (template) => [...template.matchAll(placeholders)].every(([, name]) => knownPlaceholders.includes(name!)),
    `knows only the placeholders ${knownPlaceholders.map((name) => `{${name}}`).join(' ')}`,
  )
  .refine(
    (template) => template.includes('{body}') || template.includes('{url}'),
    'must contain {body} or {url}: else one signature fits every call',
  );

const none = z.strictObject({ scheme: z.literal('none') });

const token = z.strictObject({
  scheme: z.literal('token'),
  in: z.enum(['header', 'query', 'body']),
  name: z.string().min(1).max(100),
  prefix: z.string().max(50).optional(),
  secrets,
});

const basic = z.strictObject({
  scheme: z.literal('basic'),
  username: z
    .string()
    .min(1)
    .max(200)
    .refine((name) => !name.includes(':'), 'must not contain a colon (RFC 7617)'),
  secrets,
});

const hmac = z
  .strictObject({
    scheme: z.literal('hmac'),
    name: headerName,
    algorithm: z.enum(['sha1', 'sha256', 'sha384', 'sha512']),
    encoding: z.enum(['hex', 'base64', 'any']).default('any'),
    prefix: z.string().max(50).default(''),
    signedContent: signedContent.default('{body}'),
    timestampHeader: headerName.optional(),
    idHeader: headerName.optional(),
    toleranceSeconds: z.int().min(1).max(86_400).default(300),
    secrets,
  })
  .refine((given) => given.timestampHeader !== undefined || !given.signedContent.includes('{timestamp}'), {
    path: ['timestampHeader'],
    message: 'is required, because signedContent has {timestamp}',
  })
  .refine((given) => given.idHeader !== undefined || !given.signedContent.includes('{id}'), {
    path: ['idHeader'],
    message: 'is required, because signedContent has {id}',
  });

const standardWebHooks = z.strictObject({ scheme: z.literal('standard-webhooks'), secrets });

const preset = z.strictObject({
  scheme: z.literal('preset'),
  name: z.enum(presetNames),
  secrets,
});

const schemes = 'none, token, basic, hmac, standard-webhooks, preset';

/** How a configuration's calls are proven to come from their sender (contract §5.2). */
export const verificationFields = z.discriminatedUnion(
  'scheme',
  [none, token, basic, hmac, standardWebHooks, preset],
  { error: `must have a scheme that is one of ${schemes}; http-signature is not available yet` },
);

export type VerificationFields = z.output<typeof verificationFields>;

/** The same as it is kept: secrets sealed, in Base64. */
export type StoredVerification = DistributiveOmit<VerificationFields, 'secrets'> & {
  sealedSecrets?: string[];
};

type DistributiveOmit<Union, Name extends PropertyKey> = Union extends unknown ? Omit<Union, Name> : never;

/** The same as every answer shows it. */
export function verificationView({ sealedSecrets, ...shown }: StoredVerification) {
  return shown.scheme === 'none' ? shown : { ...shown, hasSecret: (sealedSecrets ?? []).length > 0 };
}

/** What is wrong with a secret under its scheme, as the rest of a sentence; null for a good one. */
export function secretFault(
  { scheme }: Pick<VerificationFields, 'scheme'>,
  secretText: string,
): string | null {
  if (scheme !== 'standard-webhooks') return null;
  const [, kind, text] = /^(whsec_|whpk_)?(.*)$/s.exec(secretText)!;
  const bytes = Buffer.from(text!, 'base64');
  // Base64 decoding forgives: what does not read back the same was no Base64.
  if (bytes.toString('base64') !== text) return 'must be Base64, behind whsec_ or whpk_';
  if (kind === 'whpk_') return bytes.length === 32 ? null : 'must be a public key of 32 bytes behind whpk_';
  return bytes.length >= 24 && bytes.length <= 64 ? null : 'must be 24 to 64 bytes (Standard Webhooks 1.0.0)';
}
