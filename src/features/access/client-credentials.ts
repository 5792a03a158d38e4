import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isoTime, Clock } from '../../platform/clock.ts';
import { Database, type Tx } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { ClientCredentialEntity, type CredentialKind } from './client-credential.entity.ts';

/** So that a scanner for leaked secrets knows ours, and a person which of the two it is. */
const prefixes: Readonly<Record<CredentialKind, string>> = { 'api-key': 'sbk_', 'client-secret': 'sbs_' };

/** The API keys and secrets of all clients: shown once, kept as hashes, looked up in memory. */
@Injectable()
export class ClientCredentials {
  private readonly byHash = new Map<string, ClientCredentialEntity>();
  /** Counts the changes. */
  changes = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async load(): Promise<void> {
    for (const credential of await this.database.read.find(ClientCredentialEntity))
      this.byHash.set(credential.secretHash, credential);
    this.database.changes.follow('client_credentials', async (tx) => {
      const all = await tx.manager.find(ClientCredentialEntity);
      tx.afterCommit(() => {
        this.changes += 1;
        this.byHash.clear();
        for (const credential of all) this.byHash.set(credential.secretHash, credential);
      });
    });
  }

  /** The client whose API key or secret this is, null when it is nobody's, or nobody's any more. */
  ownerOf(kind: CredentialKind, secret: string): string | null {
    // What somebody could learn from the time of the lookup is about a hash that he cannot choose.
    const known = this.byHash.get(hashOf(secret));
    if (known?.kind !== kind || this.isExpired(known)) return null;
    return known.clientId;
  }

  /** Makes one. @returns the secret itself: it is known to nobody but whom it is told. */
  async add(tx: Tx, clientId: string, kind: CredentialKind): Promise<string> {
    const secret = prefixes[kind] + randomBytes(32).toString('base64url');
    const credential = tx.manager.create(ClientCredentialEntity, {
      id: newId('crd'),
      clientId,
      kind,
      secretHash: hashOf(secret),
      createdAt: this.clock.now(),
      expiresAt: null,
    });
    await tx.manager.insert(ClientCredentialEntity, credential);
    tx.afterCommit(() => this.byHash.set(credential.secretHash, credential));
    return secret;
  }

  /** Ends those of that kind, after the time during which both the old and the new work. */
  async end(tx: Tx, clientId: string, kind: CredentialKind, overlapMs = 0): Promise<void> {
    const now = this.clock.now();
    for (const credential of await tx.manager.findBy(ClientCredentialEntity, { clientId, kind })) {
      const expiresAt = Math.min(credential.expiresAt ?? Infinity, now + overlapMs);
      if (expiresAt <= now) {
        await tx.manager.delete(ClientCredentialEntity, { id: credential.id });
        tx.afterCommit(() => this.forget(credential));
      } else {
        credential.expiresAt = expiresAt;
        await tx.manager.save(credential);
        tx.afterCommit(() => this.byHash.set(credential.secretHash, credential));
      }
    }
  }

  private forget({ secretHash }: ClientCredentialEntity): void {
    this.changes += 1;
    this.byHash.delete(secretHash);
  }

  /** What may be shown of a client's credentials, the oldest first. */
  viewsOf(clientId: string) {
    return [...this.byHash.values()]
      .filter((credential) => credential.clientId === clientId && !this.isExpired(credential))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, kind, createdAt, expiresAt }) => ({
        id,
        kind,
        createdAt: isoTime(createdAt),
        expiresAt: expiresAt === null ? null : isoTime(expiresAt),
      }));
  }

  private isExpired({ expiresAt }: ClientCredentialEntity): boolean {
    return expiresAt !== null && expiresAt <= this.clock.now();
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
