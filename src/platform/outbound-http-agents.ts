import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';

/** Request options that bind a connection to addresses which were checked. */
interface PinnedOptions {
  lookup: LookupFunction;
  /** Part of the pool's key, so that a kept connection serves only those whose checked addresses are the same. */
  pinnedTo: string;
}

/** Answers every question of a connection with the checked addresses, so that no name is resolved a second time. */
export function pinnedTo(addresses: readonly string[]): PinnedOptions {
  const answer = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return {
    lookup: (_host, options, callback) => {
      if (options.all === true) callback(null, answer);
      else callback(null, answer[0]?.address ?? '', answer[0]?.family ?? 4);
    },
    pinnedTo: addresses.toSorted().join(','),
  };
}

/** Node hands an agent the options of a request as they were given, ours among them. */
function poolKey(ofNode: string, options: object | undefined): string {
  return `${ofNode}|${options !== undefined && 'pinnedTo' in options ? String(options.pinnedTo) : ''}`;
}

class PinnedHttpAgent extends HttpAgent {
  override getName(options?: ClientRequestArgs): string {
    return poolKey(super.getName(options), options);
  }
}

class PinnedHttpsAgent extends HttpsAgent {
  override getName(options?: RequestOptions): string {
    return poolKey(super.getName(options), options);
  }
}

const limits: AgentOptions & { autoSelectFamilyAttemptTimeout: number } = {
  keepAlive: true,
  maxSockets: 64,
  maxTotalSockets: 512,
  maxFreeSockets: 8,
  // An idle connection goes before the receiver's end closes it under a new request: Node's servers wait 5 s.
  timeout: 4_000,
  // Node gives an address 250 ms before it tries the next, which a receiver on another continent can miss.
  autoSelectFamilyAttemptTimeout: 2_000,
};

/** Both pools of kept connections, bounded, and destroyed as one. */
interface OutboundAgents {
  http: HttpAgent;
  https: HttpsAgent;
  destroy(): void;
}

/** Makes the pools; whoever makes them destroys them. */
export function createOutboundAgents(): OutboundAgents {
  const http = new PinnedHttpAgent(limits);
  // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot switch verification off.
  const https = new PinnedHttpsAgent({ ...limits, rejectUnauthorized: true });
  return {
    http,
    https,
    destroy: () => {
      http.destroy();
      https.destroy();
    },
  };
}
