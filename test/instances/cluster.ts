import { Signalbox, type SignalboxOptions } from '../support/signalbox.ts';

/** A change made at one instance holds at the others after this time (contract §10). */
export const KNOWN_MS = 1_000;
/** Beside it what a busy machine may take to answer, or to be answered: one that cannot know yet answers that. */
const SLACK_MS = 4_000;

/** Several instances on one database, the first with its data folder. */
export class Cluster {
  readonly members: readonly Signalbox[];

  private constructor(members: readonly Signalbox[]) {
    this.members = members;
  }

  /** @param size from 2. */
  static async start(size: number, options: SignalboxOptions = {}): Promise<Cluster> {
    const first = await Signalbox.start(options);
    const others = Array.from({ length: size - 1 }, () => Cluster.join(first, options));
    return new Cluster([first, ...(await Promise.all(others))]);
  }

  /** One more instance on the database of another. */
  static join(other: Signalbox, { env }: SignalboxOptions = {}): Promise<Signalbox> {
    return Signalbox.start({
      dataFolder: other.dataFolder,
      env: { ...env, ADMIN_API_KEY: other.apiKey },
    });
  }

  get first(): Signalbox {
    return this.members[0]!;
  }

  get second(): Signalbox {
    return this.members[1]!;
  }

  /** The member whose turn it is: calls go round. */
  at(n: number): Signalbox {
    return this.members[n % this.members.length]!;
  }

  async stop(): Promise<void> {
    // The first one's folder names the database: it goes last.
    for (const member of [...this.members].reverse()) await member.stop();
  }
}

/** Asks again and again until it is so; fails where that takes longer than a change may take to be known. */
export async function isKnown(what: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  for (;;) {
    const asked = performance.now();
    if (await what()) return;
    if (asked - began > KNOWN_MS + SLACK_MS) throw new Error('It is still not known to the other instance');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
