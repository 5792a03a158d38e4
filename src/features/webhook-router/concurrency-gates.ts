import { Injectable } from '@nestjs/common';
import { WebHookConfigDirectory } from '../webhook-configs/index.ts';
import { SharedTurns } from './shared-turns.ts';

interface Gate {
  running: number;
  /** Those who wait, in order. */
  waiting: (() => void)[];
}

/** How many runs of one configuration are at hand: no more than its `maxConcurrency`, in all processes together. */
@Injectable()
export class ConcurrencyGates {
  private readonly gates = new Map<number, Gate>();
  /** Told when a place is free and nobody in memory waits for it. */
  private onRoom: () => void = () => undefined;

  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly turns: SharedTurns,
  ) {}

  whenRoom(tell: () => void): void {
    this.onRoom = tell;
  }

  /** A place in this process at once, or null where there is none. @returns what gives it back. */
  tryEnter(configId: number): (() => void) | null {
    const most = this.directory.findById(configId)?.settings.maxConcurrency;
    if (most === undefined) return noGate;
    const gate = this.gateOf(configId);
    if (gate.running >= most) return null;
    gate.running++;
    return this.leaver(configId, gate);
  }

  /** A place as soon as there is one; who came first to this process goes first. */
  async enter(configId: number): Promise<() => void> {
    let leaveHere = this.tryEnter(configId);
    if (!leaveHere) {
      const gate = this.gateOf(configId);
      await new Promise<void>((resolve) => gate.waiting.push(resolve));
      leaveHere = this.leaver(configId, gate);
    }
    const leaveAll = await this.enterAll(configId);
    return () => {
      leaveAll();
      leaveHere();
    };
  }

  /** For who has a place in this process: one of all processes together, as soon as there is one. */
  async enterAll(configId: number): Promise<() => void> {
    const most = this.directory.findById(configId)?.settings.maxConcurrency;
    if (most === undefined || !this.turns.areShared) return noGate;
    const places = Array.from({ length: most }, (_, n) => `run ${configId} ${n}`);
    const held = await this.turns.take(places);
    return () => held?.release();
  }

  private gateOf(configId: number): Gate {
    let gate = this.gates.get(configId);
    if (!gate) this.gates.set(configId, (gate = { running: 0, waiting: [] }));
    return gate;
  }

  private leaver(configId: number, gate: Gate): () => void {
    return () => {
      const next = gate.waiting.shift();
      // The place goes over to who waits: nobody can come in between.
      if (next) {
        next();
        return;
      }
      gate.running--;
      if (gate.running === 0) this.gates.delete(configId);
      this.onRoom();
    };
  }
}

function noGate(): void {}
