import { Processes } from './processes.ts';

/** The only process on its database. */
export class OneProcess extends Processes {
  override readonly id = 'the only one';
  override readonly answering = 1;
  override readonly isSurelyAlive = true;

  override onLost(): void {}

  /** What another one left was left by one that is gone. */
  override alive(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {}
}
