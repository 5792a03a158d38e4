import type { Logger } from '../../platform/logger.ts';
import type { AddressRules } from '../../platform/network-addresses.ts';

/** What the router needs from the operator's settings. */
export abstract class RouterSettings {
  abstract readonly trustedProxies: AddressRules;
  abstract readonly bodyLimitBytes: number;
  abstract readonly logger: Logger;
}
