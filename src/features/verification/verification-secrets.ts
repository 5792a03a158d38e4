import type { Sealer } from '../../platform/sealing.ts';
import { secretFault, type StoredVerification, type VerificationFields } from './verification.rules.ts';

/** Seals the secrets of what somebody sent; without any, those that are kept under the same scheme stay. */
export function storedVerification(
  sealer: Sealer,
  given: VerificationFields,
  kept: StoredVerification | undefined,
): StoredVerification {
  if (given.scheme === 'none') return given;
  const { secrets, ...fields } = given;
  const sealedSecrets = secrets
    ? secrets.map((secret) => sealer.seal(Buffer.from(secret)).toString('base64'))
    : isSameScheme(given, kept)
      ? (kept!.sealedSecrets ?? [])
      : [];
  return { ...fields, sealedSecrets };
}

/** What keeps a verification from being saved: one sentence for each fault. */
export function verificationFaults(
  given: VerificationFields | undefined,
  kept: StoredVerification | undefined,
): string[] {
  if (!given || given.scheme === 'none') return [];
  if (!given.secrets) return isSameScheme(given, kept) ? [] : ['Verification.secrets is required'];
  return given.secrets.flatMap((secret, index) => {
    const fault = secretFault(given, secret);
    return fault === null ? [] : [`Verification.secrets.${index} ${fault}`];
  });
}

/** The secrets in clear, the newest first: for the router, and for nothing that is shown. */
export function openSecrets(sealer: Sealer, { sealedSecrets = [] }: StoredVerification): string[] {
  return sealedSecrets.map((sealed) => sealer.open(Buffer.from(sealed, 'base64')).toString('utf8'));
}

function isSameScheme(given: VerificationFields, kept: StoredVerification | undefined): boolean {
  if (given.scheme !== kept?.scheme || !kept.sealedSecrets?.length) return false;
  return given.scheme !== 'preset' || (kept as { name?: string }).name === given.name;
}
