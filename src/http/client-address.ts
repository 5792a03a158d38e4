import type { FastifyRequest } from 'fastify';
import { type AddressRules, clientAddress } from '../platform/network-addresses.ts';

/** Where a request comes from, as far as our proxies can be trusted. */
export class ClientAddress {
  constructor(private readonly trustedProxies: AddressRules) {}

  of(request: FastifyRequest): string {
    const peer = request.socket.remoteAddress ?? '';
    const found = clientAddress(peer, request.headers['x-forwarded-for'], this.trustedProxies);
    return 'address' in found ? found.address : peer;
  }
}
