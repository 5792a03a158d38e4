import type { Sealer } from '../../platform/sealing.ts';
import type { StoredVerification, VerificationFields } from './verification.rules.ts';
import { presets } from './verification-presets.ts';
import { openSecrets } from './verification-secrets.ts';
import {
  type ReceivedRequest,
  type Verdict,
  type VerifiedBy,
  verifyRequest,
} from './verify-request.rules.ts';

/** A configuration's verification, made ready once for all its calls. */
export class Verifier {
  /** True where the body has to be read before the call is verified. */
  readonly readsBody: boolean;

  constructor(
    private readonly way: VerifiedBy,
    /** In clear: what is recorded of a call must not show them. */
    readonly secrets: readonly string[],
  ) {
    this.readsBody = way.kind === 'token' && way.in === 'body';
  }

  /** Null for a configuration that verifies nothing. */
  static of(sealer: Sealer, verification: StoredVerification | undefined): Verifier | null {
    if (!verification || verification.scheme === 'none') return null;
    return new Verifier(wayOf(verification), openSecrets(sealer, verification));
  }

  verify(request: ReceivedRequest, nowMs: number): Verdict {
    return verifyRequest(this.way, this.secrets, request, nowMs);
  }
}

/** True where the sender signs the URL that he calls. */
export function signsUrl(given: StoredVerification | VerificationFields | undefined): boolean {
  const settings = given?.scheme === 'preset' ? presets[given.name].verifiedBy : given;
  return settings !== undefined && 'signedContent' in settings && settings.signedContent.includes('{url}');
}

function wayOf(verification: Exclude<StoredVerification, { scheme: 'none' }>): VerifiedBy {
  switch (verification.scheme) {
    case 'token':
      return {
        kind: 'token',
        in: verification.in,
        name: verification.name,
        prefix: verification.prefix ?? '',
      };
    case 'basic':
      return { kind: 'basic', username: verification.username };
    case 'hmac': {
      const { scheme: kind, sealedSecrets: _secrets, ...settings } = verification;
      return { kind, ...settings };
    }
    case 'standard-webhooks':
      return { kind: 'standard-webhooks' };
    case 'preset':
      return presets[verification.name].verifiedBy;
  }
}
