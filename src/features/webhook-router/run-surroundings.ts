import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { PinnedStart } from '../../engines/script/index.ts';
import { Secrets } from '../secrets/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What a script has beside its context. */
export interface Surroundings {
  secrets?: Readonly<Record<string, string>>;
  pinned?: PinnedStart;
}

/**
 * Secrets, time and chance of a script. A run that may be run again has in each try those of the moment at which it was
 * accepted: it would else not make the calls that are on record of it.
 */
@Injectable()
export class RunSurroundings {
  private readonly seedKey: Buffer;

  constructor(
    private readonly secrets: Secrets,
    sealer: Sealer,
  ) {
    this.seedKey = sealer.derivedKey('seeds of scripts');
  }

  /** The secrets are masked in whatever is recorded of the run. */
  async of(run: WebHookRun): Promise<Surroundings> {
    const { route } = run.admitted;
    const { accountId, key } = route.config;
    const { receivedAt } = run.admitted;
    const secrets = route.isNew
      ? // A key that no configuration has yet has nothing to read, whoever names it.
        null
      : run.recordsCalls
        ? await this.secrets.valuesAt(accountId, key, receivedAt)
        : this.secrets.valuesFor(accountId, key);
    if (secrets) run.addCredentials(Object.values(secrets));
    // What outlives its deadline is run again after a crash, and must draw then what it drew. Its time stays the real one: a loop
    // that waits for it would else never end.
    const isPinned = run.recordsCalls || (route.usesChance && !run.trial);
    const startedAt = run.recordsCalls ? receivedAt : null;
    return {
      ...(secrets && { secrets }),
      ...(isPinned && { pinned: { startedAt, seed: this.seedOf(run) } }),
    };
  }

  private seedOf({ id }: WebHookRun): string {
    return createHmac('sha256', this.seedKey).update(id).digest('base64');
  }
}
