import type { Logger } from '../../platform/logger.ts';
import type { AddressRules } from '../../platform/network-addresses.ts';

/** What the router needs from the operator's settings. */
export abstract class RouterSettings {
  abstract readonly trustedProxies: AddressRules;
  abstract readonly bodyLimitBytes: number;
  /** How the outside reaches us: some senders sign the URL. */
  abstract readonly publicUrl: string | null;
  abstract readonly logger: Logger;
}
