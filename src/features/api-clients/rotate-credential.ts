import { Injectable } from '@nestjs/common';
import { type Caller, inTransaction } from '../../bus/index.ts';
import {
  ApiClientEntity,
  ClientCredentials,
  clientOfEnvironment,
  type CredentialKind,
  ManagedCallers,
} from '../access/index.ts';
import { apiClientDetails } from './api-client-view.ts';

/** A new credential of a client in the place of the old one. */
@Injectable()
export class RotateCredential {
  constructor(
    private readonly managed: ManagedCallers,
    private readonly credentials: ClientCredentials,
  ) {}

  rotate(kind: CredentialKind, wish: { id: string; overlapSeconds: number }, caller: Caller) {
    const { id, overlapSeconds } = wish;
    return inTransaction(async (tx, trail) => {
      const client = await this.managed.mustFind(tx, ApiClientEntity, id, caller);
      if (client.origin === 'environment') throw clientOfEnvironment();
      trail.before = apiClientDetails(client, this.credentials);
      await this.credentials.end(tx, id, kind, overlapSeconds * 1000);
      const secret = await this.credentials.add(tx, id, kind);
      if (kind === 'client-secret' && overlapSeconds === 0) {
        client.generation += 1;
        await this.managed.store(tx, client);
      }
      return kind === 'api-key' ? { id, apiKey: secret } : { id, clientSecret: secret };
    });
  }
}
