import type { Logger } from '../../platform/logger.ts';
import type { AddressRules } from '../../platform/network-addresses.ts';

/** What the operator set for the providers; null: this one is not used here. */
export abstract class IntegrationSettings {
  abstract readonly monoWebhookSecret: string | null;
  /** Where a browser that comes back from Mono is sent on to. */
  abstract readonly monoRedirectUrl: string | null;
  abstract readonly remita: RemitaSettings | null;
  abstract readonly paystackSecretKey: string | null;
  abstract readonly trustedProxies: AddressRules;
  abstract readonly bodyLimitBytes: number;
  abstract readonly logger: Pick<Logger, 'error'>;
}

/** How Remita is asked, and from where it may call. */
export interface RemitaSettings {
  merchantId: string;
  apiKey: string;
  /** Without a slash at its end. */
  baseUrl: string;
  /** Empty: from everywhere. */
  allowedIps: AddressRules;
}
