import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

type Look = (chunk: Buffer) => Buffer;

/** One connection of a proxy: what comes from the one side goes to the other, in its order and late where that is wanted. */
export class TcpWay {
  /** Sees what comes, before it waits. @returns what is passed on of it. */
  onAsked: Look = (chunk) => chunk;
  onAnswered: Look = (chunk) => chunk;

  /** @param delays in milliseconds, as they are when something comes. */
  constructor(
    private readonly program: Socket,
    private readonly server: Socket,
    private readonly delays: Readonly<Record<'asked' | 'answered', number>>,
  ) {
    const sides = [
      [program, server, 'asked'],
      [server, program, 'answered'],
    ] as const;
    for (const [from, to, direction] of sides) {
      from.setNoDelay(true);
      // What breaks on one side breaks on the other.
      from.on('error', () => undefined);
      from.on('close', () => from.readableEnded || to.resetAndDestroy());
      this.pass(from, to, direction);
    }
  }

  closed(then: () => void): void {
    this.program.once('close', then);
  }

  /** Resets both sides. @returns false where it was over already. */
  cut(): boolean {
    const isOpen = !this.program.destroyed;
    for (const socket of [this.program, this.server]) socket.resetAndDestroy();
    return isOpen;
  }

  private pass(from: Socket, to: Socket, direction: 'asked' | 'answered'): void {
    /** What came before has been passed on. */
    let before: Promise<unknown> = Promise.resolve();
    const inTurn = (step: () => void) => {
      const due = performance.now() + this.delays[direction];
      before = before.then(async () => {
        const left = due - performance.now();
        if (left > 0) await sleep(left);
        if (to.writable) step();
      });
    };
    from.on('data', (chunk: Buffer) => {
      const passed = direction === 'asked' ? this.onAsked(chunk) : this.onAnswered(chunk);
      if (passed.length > 0) inTurn(() => to.write(passed));
    });
    from.on('end', () => inTurn(() => to.end()));
  }
}
