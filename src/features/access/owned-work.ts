import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import type { Tx } from '../../platform/db/index.ts';

/** One kind of work that runs as whoever saved it. */
export interface OwnedWorkKind {
  /** A sentence for each piece of work that acts as that caller, some of them where there are many. */
  actingAs(tx: Tx, callerId: string): Promise<string[]>;
  /** Hands it all over. @throws AppError where the heir cannot act in one of them. */
  reassign(tx: Tx, callerId: string, heir: Caller): Promise<void>;
}

/** What of a long list is told. */
const TOLD_MAX = 20;

/** The first of many, and how many more there are. */
export function toldWorks(works: readonly string[]): string[] {
  if (works.length <= TOLD_MAX) return [...works];
  return [...works.slice(0, TOLD_MAX), `… and ${works.length - TOLD_MAX} more`];
}

/** What acts as somebody: the features that have such work say so here. */
@Injectable()
export class OwnedWork {
  private readonly kinds: OwnedWorkKind[] = [];

  add(kind: OwnedWorkKind): void {
    this.kinds.push(kind);
  }

  async actingAs(tx: Tx, callerId: string): Promise<string[]> {
    const works: string[] = [];
    for (const kind of this.kinds) works.push(...(await kind.actingAs(tx, callerId)));
    return works;
  }

  async reassign(tx: Tx, callerId: string, heir: Caller): Promise<void> {
    for (const kind of this.kinds) await kind.reassign(tx, callerId, heir);
  }
}
