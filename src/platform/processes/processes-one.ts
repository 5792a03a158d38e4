import { Processes } from './processes.ts';

/** The only process on its database. */
export class OneProcess extends Processes {
  override readonly id = 'the only one';
  override readonly answering = 1;
  override readonly isSurelyAlive = true;

  override onLost(): void {}

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {}
}
