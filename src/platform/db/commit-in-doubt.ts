/** How long others wait for it to be known; whoever comes later is told to come again. */
const PATIENCE_MS = 2_000;

/** What a dialect's `commit` fails with where the database was told to commit and has not answered. */
export class CommitInDoubt extends Error {
  /** Whether it was committed, as soon as the database tells; never, where it does not until the end. */
  readonly outcome: Promise<boolean>;

  constructor(cause: unknown, outcome: Promise<boolean>) {
    super('It is not known what became of a commit', { cause });
    this.outcome = outcome;
  }
}

/** Until it is known what became of a commit nothing else is committed: by then it could not be found out any more. */
export class Doubt {
  private readonly until = performance.now() + PATIENCE_MS;

  /** @param known when it is over. */
  constructor(private readonly known: Promise<void>) {}

  /** Its end, or that of all patience; undefined where it is out already. */
  soon(): Promise<void> | undefined {
    const restMs = this.until - performance.now();
    if (restMs <= 0) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, restMs);
      void this.known.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
